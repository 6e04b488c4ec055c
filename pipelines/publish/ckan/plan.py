"""What `apply` would do: the difference between the current edition and a CKAN.

What belongs here: gathering it. What does not: any write.
"""

from pipelines.contracts.findings import Finding, FindingError
from pipelines.contracts.project import Project
from pipelines.contracts.target import TargetFile
from pipelines.publish.ckan.look import planned
from pipelines.publish.ckan.model import DatasetPlan, Plan, Wanted
from pipelines.publish.ckan.session import Tell, Visit, silent, told, visit


def plan_target(project: Project, target: TargetFile, tell: Tell = silent) -> Plan:
    """The difference between the edition and the portal of `target`; only reads.

    A portal that does not answer, a token that is missing and the like stand in `unmet`.
    """
    try:
        with visit(project, target, tell) as here:
            chosen = here.chosen(None)
            unmet = told(target, here.unmet(chosen))
            datasets = [_dataset(here, wanted, unmet) for wanted in chosen]
            edition = here.edition.edition if here.edition else None
            return Plan(target=target.id, edition=edition, unmet=unmet, datasets=datasets)
    except FindingError as error:
        return Plan(target=target.id, edition=None, unmet=told(target, error.findings))


def _dataset(here: Visit, wanted: Wanted, unmet: list[Finding]) -> DatasetPlan:
    own = [f for f in unmet if f.dataset == wanted.dataset]
    here.tell(wanted.dataset, "plan")
    try:
        plan = planned(here, wanted, overwrite_drift=False, unmet=own).plan
    except FindingError as error:
        why = [f.model_copy(update={"dataset": wanted.dataset}) for f in error.findings]
        plan = DatasetPlan(
            dataset=wanted.dataset, name=wanted.name, action="wait", version=wanted.version, findings=[*own, *why]
        )
    return plan.model_copy(update={"findings": told(here.target, plan.findings)})
