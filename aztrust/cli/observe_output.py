"""What `aztrust observe` writes: facts, metrics, proofs, answers that signals name, and its state.

A file that cannot be written must not end a watch: it is reported once, and tried again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aztrust.cli.app import Session
from aztrust.cli.terminal import print_lines
from aztrust.core.base.errors import AztrustError, Refused, UsageError
from aztrust.report.escape import visible
from aztrust.report.lines import labelled

if TYPE_CHECKING:
    from aztrust.acts.observe.in_force import InForce
    from aztrust.acts.observe.proving import Bundle, Prover
    from aztrust.acts.observe.run import Observing
    from aztrust.core.chain.observation import Observation
    from aztrust.report.observe.model import ObserveReport

ENDING: Final = ".prom"
_PROOF: Final = "the proof"
_KEPT: Final = "the answers of signals"


class Outputs:
    """The files that the command line names.

    Args:
        session: of the command.
        keep: the folder of answers that signals name.
        proof: the file of the last proof.
        metrics: the file of series.
        addresses: whether the addresses of nodes are in the facts.
    """

    def __init__(
        self,
        session: Session,
        *,
        keep: Path | None,
        proof: Path | None,
        metrics: Path | None,
        addresses: bool,
    ) -> None:
        self.session = session
        self.keep = keep
        self.proof = proof
        self.metrics = metrics
        self.addresses = addresses

    def check(self, inputs: Sequence[tuple[str, Path | None]]) -> None:
        """Refuse files whose writing would destroy something, before a node is asked.

        Args:
            inputs: the files that are read, and what names each.

        Raises:
            UsageError, CouldNotCheck: as `storage.output.check_place`.
        """
        from aztrust.storage.output import check_place, require_distinct

        files = [("--proof", self.proof), ("--metrics", self.metrics)]
        named = [(option, path) for option, path in files if path is not None]
        read = [(option, path) for option, path in inputs if path is not None]
        own = [("-o", self.session.output)] if self.session.output is not None else []
        require_distinct([*own, *named])
        for option, path in named:
            check_place(path, self.session.launches_around(path), option=option, inputs=read)
        if self.metrics is not None and self.metrics.suffix != ENDING:
            raise UsageError(
                f"{visible(str(self.metrics))} does not end in {ENDING}, and Prometheus reads no"
                " other file",
                subject="--metrics",
                mend=f"name it *{ENDING}, in the directory of the textfile collector",
            )
        if self.keep is not None:
            self._check_folder(self.keep)

    def of(self, run: Observing) -> Written:
        """What one run writes."""
        return Written(self, run)

    def _check_folder(self, folder: Path) -> None:
        from aztrust.storage.output import check_place

        launches = self.session.launches_around(folder / "answer")
        folder.mkdir(parents=True, exist_ok=True)
        check_place(folder / "answer", launches, option="--keep")


class Written:
    """What a run has written, and writes next."""

    def __init__(self, outputs: Outputs, run: Observing) -> None:
        from aztrust.acts.observe.keeping import EvidenceFolder
        from aztrust.report.observe.model import About
        from aztrust.storage.kept_answers import FOLDER

        launch = run.launch
        self._outputs = outputs
        self._session = outputs.session
        self._launch = launch
        self._about = About(
            command=outputs.session.command,
            launch=launch.policy.launch.name,
            chain_id=launch.policy.launch.chain_id,
            policy_digest=launch.policy_digest,
            scope_hash=launch.scope_hash,
            genesis_sha256=launch.genesis_sha256,
        )
        folder = outputs.keep
        if folder is None and not launch.is_kit:
            folder = launch.path / FOLDER
        self._evidence = EvidenceFolder(folder, run.recent) if folder is not None else None
        self._complained: set[str] = set()
        self._unwritten: list[Bundle] = []

    @property
    def lacks_output(self) -> bool:
        """Whether a file or folder that the command line names could not be written."""
        outputs = self._outputs
        named = {_PROOF: outputs.proof, "the metrics": outputs.metrics, _KEPT: outputs.keep}
        return any(named.get(what) is not None for what in self._complained)

    def report(self, seen: Observation) -> ObserveReport:
        """The facts of a look."""
        from aztrust.report.observe.document import observe_report

        return observe_report(seen, self._about, addresses=self._outputs.addresses)

    def write_proofs(self, prover: Prover, in_force: InForce) -> None:
        """The proofs of blocks that were proven and are not written: never of an earlier scope.

        Raises:
            Refused: another policy or scope is in force.
        """
        self._try(_PROOF, lambda: self._proofs(prover, in_force))

    def write(self, seen: Observation, report: ObserveReport, data: bytes) -> None:
        """What one look leaves, but for proofs and the file of -o.

        Args:
            seen: the look.
            report: its facts.
            data: the same as they are written.
        """
        from aztrust.storage.chainfacts import keep_facts

        evidence = self._evidence
        if evidence is not None:
            self._try(_KEPT, lambda: evidence.keep(seen.signals))
        if not self._launch.is_kit:
            self._try("the state", lambda: keep_facts(self._launch.policy_digest, data))
        metrics = self._outputs.metrics
        if metrics is not None:
            self._try("the metrics", lambda: self._metrics(metrics, report))

    def write_facts(self, data: bytes) -> None:
        """The file of -o, in a watch."""
        output = self._session.output
        if output is not None:
            from aztrust.storage.durable import overwrite

            self._try("the facts", lambda: overwrite(output, data))

    def _proofs(self, prover: Prover, in_force: InForce) -> None:
        if not prover.has_bundles and not self._unwritten:
            return
        in_force.require()
        # A block is proven once: what cannot be written is tried again in the next look.
        self._unwritten += prover.take_bundles()
        while self._unwritten:
            self._proof(self._unwritten[0])
            del self._unwritten[0]

    def _proof(self, bundle: Bundle) -> None:
        from aztrust.acts.observe.keeping import keep_proof
        from aztrust.storage.durable import overwrite

        if self._outputs.proof is not None:
            overwrite(self._outputs.proof, bundle.data)
            self._session.note(f"wrote    {visible(str(self._outputs.proof))}")
        elif not self._launch.is_kit:
            path = keep_proof(self._launch, bundle)
            if path is not None:
                self._session.note(f"wrote    {visible(str(path))}")

    def _metrics(self, path: Path, report: ObserveReport) -> None:
        from aztrust.report.observe.metrics import metrics_text
        from aztrust.storage.durable import overwrite

        overwrite(path, metrics_text(report).encode())

    def _try(self, what: str, write: Callable[[], object]) -> None:
        try:
            write()
        except Refused:
            # Another scope is in force: that ends it.
            raise
        except (AztrustError, OSError) as error:
            text = error.message if isinstance(error, AztrustError) else _of_system(error)
            if what not in self._complained:
                self._complained.add(what)
                print_lines(labelled("note", f"{what}: {visible(text)}"), err=True)
        else:
            self._complained.discard(what)


def _of_system(error: OSError) -> str:
    text = error.strerror or "failed"
    return f"{error.filename}: {text}" if isinstance(error.filename, str) else text
