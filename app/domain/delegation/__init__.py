"""What is delegated: the decision, the offer, the choice and the difference between two Terms.

Owns: `access` (what an Authorization gives now), `offer` (what may be ticked), `choice` (what was
ticked), `difference`, `explanation` (why or why not) and `usage` (what would have been enough).
Does not own: a sentence for people; those are in `app.domain.sentences`.
"""
