"""What the pages show and the tests beside this do not run: where it is run instead, or why it cannot be run here.

Each entry names a test (``file::function``) or the file that runs it; that it is there is tested, and so is that the entry is needed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Command lines or blocks of these pages that match are run by ``where``; ``why`` not here."""

    pattern: str
    where: str
    why: str
    pages: str = r".*"

    def fits(self, page: str, text: str) -> bool:
        return re.fullmatch(self.pages, page) is not None and re.match(self.pattern, text) is not None


CRMS = r"docs/howto/(salesforce|hubspot|tryton)\.md"
_FRESH = "tests/packaging/test_fresh_environments.py"
_NETWORK = "fetches packages"
ELSEWHERE = (
    Elsewhere(
        r"leadq train\b",
        "tests/pipelines/test_end_to_end.py::test_training_says_what_it_found_and_writes_reports",
        "trains",
    ),
    Elsewhere(r"leadq demo\b", f"{_FRESH}::test_the_remedy_followed_the_demo_runs_to_its_end", "trains"),
    Elsewhere(r"make demo$", f"{_FRESH}::test_the_remedy_followed_the_demo_runs_to_its_end", "is leadq demo"),
    Elsewhere(
        r"leadq desk\b",
        "tests/pipelines/cli/test_machine_output.py::test_the_desk_tells_its_address_and_nothing_more",
        "serves until stopped",
    ),
    Elsewhere(
        r"leadq stage evaluate",
        "tests/pipelines/report/test_figures.py::test_metrics_and_plots_are_the_reports_own_figures",
        "takes long",
    ),
    Elsewhere(r"leadq agreement draft\b", "tests/pipelines/draft/conftest.py::make_project", "takes long"),
    Elsewhere(
        r"leadq agreement blind-round\b",
        "tests/pipelines/draft/test_blind_round.py::test_the_comparison_counts_what_both_say_and_names_the_field",
        "needs sheets that were filled in",
    ),
    Elsewhere(
        r"leadq answers (challenge|reply)\b",
        "tests/pipelines/answers/test_answers.py::test_challenges_are_made_replied_to_and_followed_on_the_command_line",
        "needs an answer of sales",
    ),
    Elsewhere(r"git clone ", ".ci/run", "whoever runs this has a checkout"),
    Elsewhere(
        r"pip install '\./leadq\[train\]'", f"{_FRESH}::test_the_remedy_followed_the_demo_runs_to_its_end", _NETWORK
    ),
    Elsewhere(
        r"pip install 'leadq\[\w+\]'",
        "tests/packaging/test_distributions.py::test_the_extras_bring_what_the_code_says_they_bring",
        _NETWORK,
    ),
    Elsewhere(r"pip install './tryton_module", "Makefile", _NETWORK),
    Elsewhere(
        r"pip install ./leadq-replies",
        "tests/conformance/feature_groups/test_whole_way.py::test_the_model_was_trained_on_the_group_and_says_so",
        "installs into the environment of the tests",
        r"docs/howto/add-a-feature\.md",
    ),
    Elsewhere(
        r"python -m pytest tests/conformance/feature_groups",
        "tests/conformance/feature_groups/test_feature_groups.py",
        "runs tests",
        r"docs/howto/add-a-feature\.md",
    ),
    Elsewhere(r"apt-get install ", ".ci/run", "changes this machine"),
    Elsewhere(
        r"leadq deliver --to crm",
        "tests/crm/connectors/salesforce/test_whole_night.py",
        "needs the CRM",
        r"docs/howto/salesforce\.md",
    ),
    Elsewhere(
        r"leadq deliver --to crm",
        "tests/crm/connectors/hubspot/test_whole_night.py",
        "needs the CRM",
        r"docs/howto/hubspot\.md",
    ),
    Elsewhere(
        r"leadq (deliver|crm)\b",
        "tests/pipelines/test_circle.py::test_the_circle_closes",
        "needs the CRM",
        r"docs/howto/tryton\.md",
    ),
    Elsewhere(
        r"leadq crm history",
        "tests/pipelines/crm/test_setup.py::test_history_comes_out_of_the_organisation_that_leadq_yaml_names",
        "needs the CRM",
    ),
    Elsewhere(
        r"leadq crm verify",
        "tests/pipelines/crm/test_verify.py::test_all_that_is_assumed_is_so_in_the_fake",
        "needs the CRM",
    ),
    Elsewhere(r"leadq crm setup hubspot", "tests/crm/connectors/hubspot/test_setup.py", "needs the CRM"),
    Elsewhere(r"sf (project|org) ", "tests/crm/connectors/salesforce/test_metadata.py", "is Salesforce's own program"),
    Elsewhere(
        r"(printf|touch|trytond-admin|python tryton_module/setup_server.py)",
        "tests/tryton_server.py",
        "needs a Tryton server",
    ),
    Elsewhere(r"mlflow ui", "tests/models/registry/test_mlflow_server.py", "serves until stopped"),
    Elsewhere(
        r"(mlflow artifacts|python -m venv there|there/bin/python)",
        "tests/models/registry/test_mlflow_elsewhere.py::test_asked_by_alias_it_scores_the_same_in_a_clean_environment",
        "makes an environment",
    ),
    Elsewhere(
        r"(source there|mlflow models serve)",
        "tests/models/registry/test_mlflow_elsewhere.py::test_it_answers_over_http_from_there",
        "serves until stopped",
    ),
    Elsewhere(
        r"LEADQ_PROJECT=\S+ (jupyter|\.venv/bin/jupyter)",
        "tests/notebooks/test_quarterly_review.py::test_no_cell_complains",
        "runs the notebook",
    ),
    Elsewhere(
        r"leadq check", "tests/examples/test_opportunities_and_calls.py", "needs the real data", r"examples/README\.md"
    ),
)
