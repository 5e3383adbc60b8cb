"""Word lists of French names: titles, particles, compound first names, frequent first names, and
words that stand where a name should and name nobody.
"""

from __future__ import annotations

TITLES = frozenset(
    "m m. mr mr. mm mm. mme mme. mmes mlle mlle. melle monsieur madame mademoiselle messieurs "
    "mesdames dr dr. docteur me maître maitre pr pr. professeur mrs mrs. ms ms. miss mister sir "
    "madam vve vve. veuve".split()
)
# Behind a name: they belong to the last name.
SUFFIXES = frozenset("ii iii iv jr jr. sr sr. junior senior fils père pere".split())
# A company or a household is a last name whole.
COMPANIES = frozenset(
    "sarl sas sasu eurl sci scp scm snc selarl selas sa earl gaec scop gmbh ltd inc ets "
    "établissements etablissements société societe sté ste association asso famille fam fam. "
    "indivision succession consorts copropriété copropriete syndicat".split()
)
# Of these alone no name is made; of the first ones no part of one either.
NULLS = frozenset(
    "null undefined none nil nan n/a na inconnu inconnue unknown anonyme anonymous client cliente "
    "patient patiente prospect".split()
)
NOBODY = NULLS | frozenset(
    "customer user utilisateur utilisatrice whatsapp facebook messenger instagram "
    "telegram guest invité invite invitée visiteur visiteuse visitor lead contact caller "
    "appelant correspondant numéro numero masqué masque privé prive private number withheld "
    "restricted nom prénom prenom name first last test tests essai xxx xx aucun aucune sans rien "
    "vide empty nc n.c n.c. nr non renseigné renseigne communiqué communique nouveau new passage "
    "walk-in walkin personne quelqu'un business appel entrant sms web site internet formulaire "
    "chat bot assistant import".split()
)
COUPLE_LINKS = frozenset(("et", "&", "ou", "/"))
PARTICLES = frozenset(
    "de du des d' la le les van von der den ter ten di da dos el al ben bin bent ould aït ait "
    "st. saint mac mc o'".split()
)
MAIDEN_NAME_MARKERS = frozenset("née nee né ne épouse epouse ép. ep. veuve vve".split())
COMPOUND_HEADS = frozenset("jean marie anne pierre louis charles paul rose lou marc".split())
COMPOUND_TAILS = frozenset(
    "pierre paul louis claude françois francois marc luc jacques michel marie christophe philippe "
    "baptiste charles yves noël noel claire anne laure sophie thérèse therese christine hélène "
    "helene françoise francoise louise rose ange henri bernard rené rene guy joseph robert "
    "sébastien sebastien daniel andré andre emmanuel antoine antoinette cécile cecile josé jose "
    "lise lyse line".split()
)
# Frequent first names that are no frequent surnames: used only where capitals tell nothing.
FIRST_NAMES = frozenset(
    "jean marie pierre jacques françois francois christophe philippe sébastien sebastien nicolas "
    "julien alexandre maxime antoine benjamin mathieu matthieu thibault romain guillaume florian "
    "cédric cedric jérôme jerome stéphane stephane frédéric frederic olivier pascal christian "
    "didier thierry éric eric patrick sylvain fabien fabrice damien anthony kevin jérémy jeremy "
    "hugo lucas théo theo enzo louis nathan quentin valentin yann yves hervé herve gilles gérard "
    "gerard rené rene serge alain sophie nathalie isabelle sandrine valérie valerie stéphanie "
    "stephanie céline celine émilie emilie julie aurélie aurelie caroline christine catherine "
    "sylvie véronique veronique martine monique nicole françoise francoise brigitte chantal "
    "dominique annie anne hélène helene élodie elodie laetitia virginie audrey delphine karine "
    "laurence patricia corinne léa lea emma chloé chloe manon camille sarah inès ines jade zoé "
    "zoe lucie clara margaux pauline mathilde marion juliette charlotte mohamed fatima ahmed "
    "karim youssef khadija aïcha aicha rachid samira nadia leïla leila paul charles marc louis "
    "daniel michel claude bruno franck ludovic arnaud jonathan jordan dylan mehdi rémi remi "
    "rémy remy raphaël raphael gabriel arthur jules léo leo mathis noah baptiste tristan "
    "adrien aurélien aurelien corentin dorian gaël gael gaëtan gaetan grégory gregory joël joel "
    "loïc loic ludivine magali maëva maeva marine marina mélanie melanie mélissa melissa morgane "
    "muriel myriam noémie noemie océane oceane odile ophélie ophelie pascale régine regine roxane "
    "sabrina sandra séverine severine sonia solène solene tiphaine vanessa yasmine yannick "
    "agnès agnes alice amandine amélie amelie anaïs anais angélique angelique annick béatrice "
    "beatrice bénédicte benedicte bernadette carine cécile cecile christelle claudine colette "
    "coralie danielle denise élise elise éliane eliane élisabeth elisabeth estelle évelyne evelyne "
    "fabienne fanny florence geneviève genevieve ghislaine ginette huguette jacqueline jeanne "
    "jeannine joëlle joelle josiane justine laure liliane lisa louise lydie madeleine "
    "marguerite marlène marlene maryse michèle michele micheline nora paulette "
    "raymonde rolande simone solange suzanne thérèse therese yvette yvonne "
    "hassan ibrahim ismaël ismael khalid mehmet mustapha mustafa omar saïd "
    "sofiane walid yacine yassine zineb zohra amina fatiha hafida houria latifa malika naïma "
    "naima rachida souad yamina aminata fatou mamadou moussa ousmane john james michael".split()
)
