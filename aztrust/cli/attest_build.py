"""`aztrust attest-build`: I built this artifact myself, and this is the result."""

from __future__ import annotations

from pathlib import Path

import click

from aztrust.cli.app import Session, command
from aztrust.cli.options import Given, anchor_option, complete_file, key_option, together
from aztrust.report.lines import labelled


@command(
    "attest-build",
    short_help="You built an artifact; compare and record it.",
    example='aztrust attest-build node.tar.gz out/node.tar.gz --environment "go1.24.1, alpine"',
)
@click.argument("path", metavar="PATH", shell_complete=complete_file)
@click.argument("built", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--environment", metavar="T", required=True, help="What it was built with: tools, versions."
)
@key_option
@anchor_option
@together
def attest_build(session: Session, path: str, built: Path, environment: str, given: Given) -> None:
    """Compare FILE, which you built, with the artifact at PATH of the release, and record it.

    A result with other bytes is recorded too: it names what differs, and blocks where the policy
    asks for builders, until you build it again and get the sealed bytes.
    """
    from aztrust.acts.act import checked_text
    from aztrust.acts.attest_build import builder_keys, plan_build
    from aztrust.cli.signing import View, act_before_freeze, session_signer, sign_plan
    from aztrust.core.base.paths import escape

    environment = checked_text(environment, "--environment")
    act = act_before_freeze(session, given)
    accepted = builder_keys(act.policy)
    signer = session_signer(session, given.key, accepted=accepted, act="attest a build")
    plan = plan_build(act, path, built, environment, signer.public)
    same = plan.body.built_sha256 == plan.body.sealed_sha256
    outcome = "the sealed bytes" if same else "OTHER BYTES than the sealed ones"
    view = View(
        lines=[
            *labelled("you", plan.holder),
            *labelled("built", escape(path)),
            f"  {plan.body.built_sha256}",
            *labelled("result", outcome),
            *([] if same else [*labelled("sealed", ""), f"  {plan.body.sealed_sha256}"]),
        ],
        fields={
            "path": path,
            "holder": plan.holder,
            "same": same,
            "built_sha256": plan.body.built_sha256,
            "sealed_sha256": plan.body.sealed_sha256,
            "environment": environment,
        },
        message=f"attest build {'same' if same else 'differs'}",
        brief=f"attested the build of {escape(path)}: {outcome}",
    )
    sign_plan(session, act, plan, signer, view)
