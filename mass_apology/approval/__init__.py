"""Approvals of a plan: ``Approvals`` records and judges them; two people compare a plan by its ``plan_code``.

``code`` names a plan, ``judgement`` judges approvals (pure), ``approval_file`` stores them, ``signing`` runs
ssh-keygen, and ``passkeys`` verifies what browsers sign.
"""

from mass_apology.approval.approvals import Approvals
from mass_apology.approval.code import plan_code, plan_digest
from mass_apology.approval.judgement import Approval, ApprovalVerdict

__all__ = ["Approval", "ApprovalVerdict", "Approvals", "plan_code", "plan_digest"]
