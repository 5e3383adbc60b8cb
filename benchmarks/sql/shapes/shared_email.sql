-- Every person of the first 20,000 records (of half of them in a small database) gave one e-mail.
-- Grain: three tables, by the order of their rows. Input: a demo database of one tenant,
-- asked (rows). Output: the same with other details.
UPDATE prospects SET email = 'accueil@partage.fr'
WHERE rowid <= (SELECT min(20000, rows / 2) / 3 FROM asked);

UPDATE appointments SET customer_email = 'accueil@partage.fr'
WHERE rowid <= (SELECT min(20000, rows / 2) / 3 FROM asked);

UPDATE omni_conversations SET customer_email = 'accueil@partage.fr'
WHERE rowid <= (SELECT min(20000, rows / 2) / 3 FROM asked);
