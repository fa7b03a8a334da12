"""Why no lead has a tier where the base rate scores, and what to do."""

from __future__ import annotations

from leadq.models.live.live_models import Live


def base_rate_words(live: Live, version: str) -> str:
    """Say why every lead has the same chance and no tier; empty where a model gave the scores.

    Parameters
    ----------
    live : Live
        Who is live now.
    version : str
        The bundle that gave the scores.
    """
    if live.fallback is None or live.fallback.version != version:
        return ""
    same = "No lead has a tier, because every lead got the average chance"
    if live.champion is not None:
        return f"{same}: no model was live then. Now there is one: leadq score."
    if live.challenger is not None:
        return (
            f"{same}: no model is live yet. leadq promote puts model {live.challenger.version} live, or says what speaks "
            "against it; then leadq score."
        )
    return (
        f"{same}: no model trained so far tells better leads from worse (reports/evaluation.html). leadq check says what would "
        "help; then leadq train."
    )
