//! The ledger of one conversation with an agent, in a folder that is gone afterwards.

use std::path::Path;

use crate::config::Agent;
use crate::fault::Fault;
use crate::ledger::{Actor, Key, Ledger, Recorded};
use crate::names::{RunId, Sha256, StackName};
use crate::pipeline::generate::Wall;
use crate::pipeline::order::{Basis, Mandate, Origin, WorkOrder};

/// The wall's proof, in a ledger of its own: an agent starts after nothing less.
pub(super) fn record(place: &Path, agent: &Agent, wall: Wall) -> Result<Recorded<Wall>, Fault> {
    let key = Key::generate("doctor")?;
    let mut ledger = Ledger::open(&place.join("ledger"), key, crate::perimeter::now)?;
    let run = RunId::new("doctor")?;
    let mandate = Mandate {
        stack: StackName::new("doctor")?,
        autonomy: crate::config::Autonomy::Review,
        basis: Basis {
            commit: String::new(),
            config: Sha256::of(agent.kind.as_str().as_bytes()),
            folder: Sha256::of(b"doctor"),
            policies: std::collections::BTreeMap::new(),
            holdouts: None,
            waivers: None,
        },
        tools: std::collections::BTreeMap::new(),
        lightsout: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let mandate: Recorded<Mandate> = ledger.record(&run, Actor::Supervisor, mandate, &[])?;
    let order = WorkOrder {
        text: "Follow the script.".to_owned(),
        origin: Origin::File {
            name: "doctor".to_owned(),
        },
    };
    let order: Recorded<WorkOrder> =
        ledger.record(&run, Actor::Supervisor, order, &[mandate.hash()])?;
    Ok(ledger.record(&run, Actor::Supervisor, wall, &[order.hash()])?)
}
