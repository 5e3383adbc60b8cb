"""Word lists of French names: titles, particles, compound first names, frequent first names."""

from __future__ import annotations

TITLES = frozenset(
    "m m. mr mr. mm mm. mme mme. mmes mlle mlle. melle monsieur madame mademoiselle messieurs "
    "mesdames dr dr. docteur me maître maitre pr pr. professeur".split()
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
    "karim youssef khadija aïcha aicha rachid samira nadia leïla leila".split()
)
