//! What a lab may refer to: scenarios, other labs, the course's list of misconceptions.

use session::scenario::{ImageKind, Scenario};

use crate::course::Course;

/// A scenario, as far as a lab speaks of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Place {
    /// Its id.
    pub id: String,
    /// The moment at which all is up.
    pub start: u64,
    /// Ids of its consoles.
    pub consoles: Vec<String>,
    /// Its machines.
    pub machines: Vec<PlacedMachine>,
}

/// A machine of a scenario.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PlacedMachine {
    /// Its id.
    pub id: String,
    /// Whether a hypervisor runs on it, or a kernel.
    pub hypervisor: bool,
    /// Names of its VMs.
    pub vms: Vec<String>,
}

impl Place {
    /// What a scenario has to offer.
    pub fn of(scenario: &Scenario) -> Self {
        let machines = &scenario.machines;
        let consoles = machines.iter().flat_map(|machine| {
            let own = machine.consoles.iter().map(|console| console.id.clone());
            own.chain(machine.vms.iter().map(|vm| vm.name.clone()))
        });
        Self {
            id: scenario.id.clone(),
            start: scenario.start,
            consoles: consoles.collect(),
            machines: machines
                .iter()
                .map(|machine| PlacedMachine {
                    id: machine.id.clone(),
                    hypervisor: machine.image == ImageKind::Hypervisor,
                    vms: machine.vms.iter().map(|vm| vm.name.clone()).collect(),
                })
                .collect(),
        }
    }

    /// Ids of its machines.
    pub fn machine_ids(&self) -> Vec<String> {
        self.machines.iter().map(|it| it.id.clone()).collect()
    }

    /// Names of all VMs.
    pub fn vm_names(&self) -> Vec<String> {
        self.machines.iter().flat_map(|it| it.vms.clone()).collect()
    }
}

/// What there is to refer to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct World {
    /// Scenarios.
    pub places: Vec<Place>,
    /// Ids of the labs.
    pub labs: Vec<String>,
    /// Ids of the misconceptions that the course knows.
    pub misconceptions: Vec<String>,
}

impl World {
    /// What is built in.
    pub fn built_in() -> Self {
        let course = Course::built_in();
        Self {
            places: Scenario::all().iter().map(Place::of).collect(),
            labs: course.labs().map(str::to_owned).collect(),
            misconceptions: course.misconceptions.into_keys().collect(),
        }
    }

    /// The scenario of this id.
    pub fn place(&self, id: &str) -> Option<&Place> {
        self.places.iter().find(|place| place.id == id)
    }
}
