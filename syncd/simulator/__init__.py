"""A stateful data.gouv.fr stand-in over real HTTP on loopback, for `syncd demo` and the tests.

Held by `tests/contract` to what the real portal software does. Needs the extra `demo`.

    with Simulator() as sim:
        dataset = sim.new_dataset("Musées")
        resource = sim.new_resource(dataset, "musees.csv", b"a,b\\n", title="Liste des musées")
        sim.faults.add(method="POST", path="/upload/", cut="after")
        ...
        assert [r.status for r in sim.requests] == [200, 0]
"""

from syncd.simulator.faults import Fault, Faults
from syncd.simulator.journal import Asked, Journal
from syncd.simulator.server import Simulator

__all__ = ["Asked", "Fault", "Faults", "Journal", "Simulator"]
