//! [`Scenario`]: a data file that says which machines there are and what runs on them.
//!
//! The files lie in `scenarios/` and are compiled in, so the page needs nothing after load.
//! Mistakes in them name the file's key and say what is wrong.

use serde::Deserialize;

/// The scenarios that are built in: id and text. One row each.
const BUILT_IN: [(&str, &str); 4] = [
    (
        "containers",
        include_str!("../../../../scenarios/containers.toml"),
    ),
    ("vms", include_str!("../../../../scenarios/vms.toml")),
    (
        "containers-in-vms",
        include_str!("../../../../scenarios/containers-in-vms.toml"),
    ),
    (
        "side-by-side",
        include_str!("../../../../scenarios/side-by-side.toml"),
    ),
];

/// What a scenario file says.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Its id: the file's name without `.toml`.
    #[serde(skip)]
    pub id: String,
    /// A few words for the chooser.
    pub title: String,
    /// Its place in the chooser.
    pub order: u32,
    /// What it shows, in a sentence or two.
    pub about: String,
    /// The moment at which it is worth looking: all is up.
    pub start: u64,
    /// One machine, or two side by side.
    #[serde(rename = "machine")]
    pub machines: Vec<MachineSpec>,
}

/// One emulated PC.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MachineSpec {
    /// First part of every path in it.
    pub id: String,
    /// What the picture calls it.
    pub title: String,
    /// `kernel` or `hypervisor`.
    pub image: ImageKind,
    /// Memory, as `32M`.
    pub ram: Size,
    /// The command line of the image.
    #[serde(default)]
    pub append: String,
    /// `/etc/rc` of a bare kernel.
    #[serde(default)]
    pub rc: String,
    /// VMs of a hypervisor.
    #[serde(default, rename = "vm")]
    pub vms: Vec<VmSpec>,
    /// Consoles besides those of the VMs.
    #[serde(default, rename = "console")]
    pub consoles: Vec<ConsoleSpec>,
}

/// What the firmware starts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ImageKind {
    /// Our kernel, on the bare PC.
    Kernel,
    /// Our hypervisor.
    Hypervisor,
}

/// A virtual machine. VM n has its console on serial port n + 1 of the PC.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VmSpec {
    /// Its name, also its console's id.
    pub name: String,
    /// Memory, as `16M`.
    pub memory: Size,
    /// Share of the CPU in proportion to the others.
    #[serde(default = "default_weight")]
    pub weight: u32,
    /// Most CPU it may use, per mille.
    #[serde(default = "default_cap")]
    pub cap: u32,
    /// Its kernel's command line.
    #[serde(default)]
    pub append: String,
    /// Its `/etc/rc`.
    #[serde(default)]
    pub rc: String,
}

/// A console: which serial port it is and which box it belongs to.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsoleSpec {
    /// Short id, unique in the scenario.
    pub id: String,
    /// Title of its tab.
    pub title: String,
    /// Serial port of the PC: 1 = COM1.
    pub uart: u8,
    /// Path of the box it belongs to.
    pub path: String,
}

/// A size in bytes, written `16M` or `512K`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Size(pub u64);

impl TryFrom<String> for Size {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (digits, unit) = match text.strip_suffix(['K', 'M', 'G']) {
            Some(digits) => (digits, text.as_bytes()[text.len() - 1]),
            None => (text.as_str(), b' '),
        };
        let shift = match unit {
            b'K' => 10,
            b'M' => 20,
            b'G' => 30,
            _ => 0,
        };
        let number: Option<u64> = digits.parse().ok();
        number
            .and_then(|n| n.checked_mul(1 << shift))
            .map(Self)
            .ok_or_else(|| format!("`{text}` is not a size: write `16M` or `512K`"))
    }
}

fn default_weight() -> u32 {
    100
}

fn default_cap() -> u32 {
    1000
}

impl Scenario {
    /// Reads a scenario's text.
    ///
    /// # Errors
    /// A sentence that names the scenario, the key and what is wrong.
    pub fn parse(id: &str, text: &str) -> Result<Self, String> {
        let mut this: Self = toml::from_str(text)
            .map_err(|error| format!("scenario `{id}`: {}", error.to_string().trim()))?;
        this.id = id.to_owned();
        this.check()
            .map_err(|error| format!("scenario `{id}`: {error}"))?;
        Ok(this)
    }

    /// The built-in scenario with this id.
    ///
    /// # Errors
    /// A sentence that lists the ids that exist.
    pub fn built_in(id: &str) -> Result<Self, String> {
        let Some((id, text)) = BUILT_IN.iter().find(|(known, _)| *known == id) else {
            let known: Vec<_> = BUILT_IN.iter().map(|(id, _)| *id).collect();
            return Err(format!(
                "there is no scenario `{id}`; there are: {}",
                known.join(", ")
            ));
        };
        Self::parse(id, text)
    }

    /// All built-in scenarios, in the chooser's order.
    pub fn all() -> Vec<Self> {
        let mut all: Vec<_> = BUILT_IN
            .iter()
            .filter_map(|(id, text)| Self::parse(id, text).ok())
            .collect();
        all.sort_by_key(|scenario| scenario.order);
        all
    }

    fn check(&self) -> Result<(), String> {
        if self.machines.is_empty() || self.machines.len() > 2 {
            return Err("it needs one `[[machine]]`, or two".into());
        }
        let mut consoles: Vec<&str> = Vec::new();
        for machine in &self.machines {
            let id = &machine.id;
            if machine.image == ImageKind::Kernel && !machine.vms.is_empty() {
                return Err(format!("machine `{id}` has VMs, but its image is a kernel"));
            }
            if machine.vms.len() > 3 {
                return Err(format!(
                    "machine `{id}`: a PC has serial ports for three VMs"
                ));
            }
            let named = machine.consoles.iter().map(|console| console.id.as_str());
            consoles.extend(named);
            let bad = machine
                .consoles
                .iter()
                .find(|console| !(1..=4).contains(&console.uart));
            if let Some(bad) = bad {
                return Err(format!("console `{}`: uart must be 1 to 4", bad.id));
            }
            consoles.extend(machine.vms.iter().map(|vm| vm.name.as_str()));
        }
        consoles.sort_unstable();
        match consoles.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(format!("two consoles are called `{}`", pair[0])),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_scenario_parses() {
        for (id, text) in BUILT_IN {
            if let Err(error) = Scenario::parse(id, text) {
                panic!("{error}");
            }
        }
        assert_eq!(Scenario::all().len(), BUILT_IN.len());
    }

    #[test]
    fn mistakes_are_named() {
        let error = |text: &str| Scenario::parse("x", text).unwrap_err();
        let head = "title='t'\norder=1\nabout='a'\nstart=0\n";
        assert!(
            error("title='t'").contains("missing field"),
            "{}",
            error("title='t'")
        );
        assert!(error(head).contains("machine"), "{}", error(head));
        let machine = "[[machine]]\nid='m'\ntitle='m'\nimage='kernel'\nram='lots'\n";
        let text = format!("{head}{machine}");
        assert!(
            error(&text).contains("`lots` is not a size"),
            "{}",
            error(&text)
        );
        let unknown = Scenario::built_in("nope").unwrap_err();
        assert!(
            unknown.contains("nope") && unknown.contains("containers"),
            "{unknown}"
        );
    }
}
