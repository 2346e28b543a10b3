"""Who approved the plan: ``Approvals`` gives them and weighs them, ``plan_code`` is what two people compare.

``code`` names a plan, ``judgement`` weighs approvals (pure), ``file`` keeps them, ``signing`` asks ssh-keygen.
"""

from mass_apology.approval.approvals import Approvals
from mass_apology.approval.code import plan_code, plan_digest
from mass_apology.approval.judgement import Approval, ApprovalVerdict

__all__ = ["Approval", "ApprovalVerdict", "Approvals", "plan_code", "plan_digest"]
