"""What MLflow shows of a model to people: a description in plain English, figures, and which data it learnt from."""

from __future__ import annotations

from typing import Any

from leadq.agreement.read import stored_agreement
from leadq.foundation.plurals import counted
from leadq.models.bundle.bundle import Bundle
from leadq.models.evaluation.forecast_figures import stable_moment

_LONGEST = 500


def parameters(bundle: Bundle) -> dict[str, str]:
    """Return how the model was fitted, as MLflow's params."""
    given = {"kind": bundle.kind, **bundle.trained, **bundle.trained.get("settings", {})}
    return {name: str(value)[:_LONGEST] for name, value in given.items() if not isinstance(value, dict)}


def metrics(bundle: Bundle) -> dict[str, float]:
    """Return the figures of the evaluation, ``"handoff.auc"``; log-loss in nats, improvement in percent.

    A base rate has none: what its evaluation holds are the figures of the model that was tried on the same data.
    """
    if bundle.kind == "base_rate":
        return {"beats_base_rate": 0.0}
    found: dict[str, float] = {"beats_base_rate": float(bundle.evaluation["beats_base_rate"])}
    for one in bundle.evaluation["moments"]:
        where = stable_moment(one["moment"]).replace(" ", "_").replace("-", "")
        figures = {name: one[name] for name in ("auc", "log_loss", "improvement_percent", "predicted_to_actual")}
        figures["calibration_slope"] = (one["calibration"] or {}).get("slope")
        found |= {f"{where}.{name}": value for name, value in figures.items() if value is not None}
    return found


def description(bundle: Bundle) -> str:
    """Say what the model predicts, what is promised of it, when it was trained, and how to use it."""
    agreement = stored_agreement(bundle.agreement_text, where="agreement.yaml of the bundle")
    trained = bundle.trained
    days = bundle.catalogue.horizon_days
    said = [
        f"Probability that an open lead reaches '{agreement.outcome.event}' within {counted(days, 'day')} of the moment it is scored."
    ]
    if bundle.kind == "base_rate":
        beaten = bundle.evaluation["beats_base_rate"]  # by a model of the same data that nobody has promoted
        why = "while no model is live" if beaten else "for nothing learnt from this data beat that"
        said.append(f"It gives every lead the average win rate, {why}: no tiers, no reasons.")
    else:
        offered = [f"{cut.tier_id} at least {100 * cut.promise:g} % won" for cut in bundle.tiers if cut.offered]
        withheld = [cut.tier_id for cut in bundle.tiers if not cut.offered]
        said.append(f"Promised under agreement {agreement.version}: {'; '.join(offered) or 'no tier'}.")
        if withheld:
            said.append(f"Not offered: {', '.join(withheld)}.")
        said.append("Base and contributions are log-odds and sum to logit(probability).")
    if {"leads", "wins"} <= trained.keys():
        read = f" as read on {str(trained['read_at'])[:10]}" if trained.get("read_at") else ""
        said.append(
            f"Learnt from {counted(trained['leads'], 'lead')}{read}: {counted(trained['rows'], 'row')}, {trained['wins']:,} of them won."
        )
    if bundle.kind == "booster" or not bundle.evaluation["beats_base_rate"]:
        said += [f"On leads it had not seen: {words}" for words in bundle.evaluation["words"][:2]]
    said.append(
        f"Bundle {bundle.version}. Raw feature values in, any of them may be missing; the input example is made up."
        " Rules of the agreement, trends and sentences belong to nightly scoring. It carries its own code: install its"
        " requirements.txt, nothing else."
    )
    return "\n\n".join(said)


def dataset(bundle: Bundle) -> Any:
    """Return the data that the model learnt from, for ``mlflow.log_input``: by hash, for the rows are not MLflow's to keep."""
    from mlflow.data.code_dataset_source import CodeDatasetSource  # noqa: PLC0415 - seconds
    from mlflow.data.meta_dataset import MetaDataset  # noqa: PLC0415

    known = ("history_sha256", "data_sha256", "agreement_sha256", "read_at", "rows", "leads", "wins", "seed")
    told = {name: str(bundle.trained[name]) for name in known if name in bundle.trained}
    digest = (told.get("history_sha256") or told.get("data_sha256") or bundle.version)[:12]
    return MetaDataset(source=CodeDatasetSource(tags=told), name="leads at their landmarks", digest=digest)
