"""What is delegated: the decision, the offer and the choice.

Owns: `access` (what an Authorization gives now), `offer` (what may be ticked), `choice` (what was
ticked), `authorization` (kind and state) and `usage` (what would have been enough).
Does not own: a sentence for people; those are in `app.domain.sentences`.
"""
