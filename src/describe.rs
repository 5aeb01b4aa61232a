//! The picture in sentences: for the live region, for labels, and for whoever would rather read.
//! Each is a function from data to text, so that what a screen reader says is tested like the rest.

use scene::{CpuView, Frame, Machine, StackBox, State};

use crate::words;

/// Two to four sentences on what there is to see now.
pub fn summary(frame: &Frame, running: bool) -> String {
    if frame.scenario.is_empty() {
        return "Nothing is loaded yet.".to_owned();
    }
    let how = if frame.time.ended {
        "Ended"
    } else if running {
        "Running"
    } else {
        "Paused"
    };
    let mut out = format!("{how} at moment {}.", words::thousands(frame.time.now));
    let several = frame.scene.machines.len() > 1;
    for machine in &frame.scene.machines {
        out.push(' ');
        if several {
            out.push_str(&machine.title);
            out.push_str(": ");
        }
        out.push_str(&executing(machine));
        if !running && let Some(line) = machine.cpu.code.first() {
            out.push_str(&format!(" Next instruction: {}.", line.text));
        }
    }
    out
}

/// Who executes on a machine, in a sentence.
pub fn executing(machine: &Machine) -> String {
    if let Some(why) = &machine.stopped {
        return format!("The machine has stopped: {why}.");
    }
    if machine.cpu.halted {
        return "The processor sleeps until an interrupt.".to_owned();
    }
    let who = match machine.stack.find(&machine.running) {
        Some(node) => format!("The {} executes", words::title(node)),
        None => "The processor executes".to_owned(),
    };
    format!("{who} in {}.", ring(&machine.cpu))
}

/// The privilege level in words.
pub fn ring(cpu: &CpuView) -> String {
    match cpu.virtual_cpl {
        Some(believed) if believed != cpu.cpl => {
            format!("ring {}, and believes that it is ring {believed}", cpu.cpl)
        }
        _ => format!("ring {}", cpu.cpl),
    }
}

/// What the last command brought, for the live region: at most two sentences, then a number.
pub fn response(frame: &Frame) -> String {
    let fresh =
        &frame.happenings[frame.happenings.len() - frame.fresh.min(frame.happenings.len())..];
    match fresh {
        [] => summary(frame, false),
        [one] => words::plain(&one.sentence),
        [one, two] => words::plain(&format!("{} {}", one.sentence, two.sentence)),
        [.., last] => words::plain(&format!(
            "{} events. The last: {}",
            fresh.len(),
            last.sentence
        )),
    }
}

/// A box's name, state and numbers: what a screen reader says on it.
pub fn label(node: &StackBox, executing: bool) -> String {
    let mut out = words::title(node);
    if executing {
        out.push_str(", executes now");
    } else {
        out.push_str(", ");
        out.push_str(words::state(node.state));
    }
    if !node.why.is_empty() {
        out.push_str(": ");
        out.push_str(&node.why);
    }
    if let Some(bytes) = node.memory_bytes {
        out.push_str(&format!(
            ", memory {}",
            spoken_memory(bytes, node.memory_limit)
        ));
    }
    if let Some(share) = node.cpu_share {
        out.push_str(&format!(", {} of the CPU", words::share(share)));
    }
    out
}

fn spoken_memory(bytes: u64, limit: Option<u64>) -> String {
    match limit {
        Some(limit) => format!("{} of {}", words::size(bytes), words::size(limit)),
        None => words::size(bytes),
    }
}

/// The word for a state, or why it is so where there is something to say.
pub fn state(node: &StackBox) -> String {
    match (node.state, node.why.is_empty()) {
        (State::Running, true) => String::new(),
        (_, true) => words::state(node.state).to_owned(),
        // "waiting: waits for its child" says it twice.
        (State::Waiting, _) if node.why.starts_with("wait") => node.why.clone(),
        (_, false) => format!("{}: {}", words::state(node.state), node.why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn a_summary_says_who_executes_and_what_comes_next() {
        let frame = fixture::vms();
        assert_eq!(
            summary(&frame, false),
            "Paused at moment 48,213,977. The kernel tern executes in ring 3, and believes that it is ring 0. Next instruction: mov cr3, rax."
        );
        assert_eq!(summary(&Frame::default(), false), "Nothing is loaded yet.");
    }

    #[test]
    fn a_label_says_all_that_the_box_shows() {
        let frame = fixture::containers();
        let web = frame.scene.find("pc/os/ct:web").expect("a container");
        assert_eq!(
            label(web, false),
            "container web, running, memory 3.1 MiB of 16 MiB, 12 % of the CPU"
        );
        let batch = frame.scene.find("pc/os/ct:batch").expect("a container");
        assert_eq!(
            label(batch, false),
            "container batch, throttled: used up its 20 % of this period, memory 5.5 MiB of 8 MiB, 20 % of the CPU"
        );
    }

    #[test]
    fn a_state_is_said_once() {
        let mut node = StackBox {
            state: State::Waiting,
            why: "waits for its child".into(),
            ..StackBox::default()
        };
        assert_eq!(state(&node), "waits for its child");
        node.why = "idle".into();
        assert_eq!(state(&node), "waiting: idle");
        node.state = State::Running;
        node.why.clear();
        assert_eq!(state(&node), "");
    }

    #[test]
    fn a_response_is_the_sentences_of_the_step() {
        let mut frame = fixture::vms();
        frame.fresh = 1;
        let last = frame.happenings.last().expect("events").sentence.clone();
        assert_eq!(response(&frame), last);
        frame.fresh = 3;
        assert_eq!(response(&frame), format!("3 events. The last: {last}"));
        frame.fresh = 0;
        assert!(response(&frame).starts_with("Paused at moment"));
    }
}
