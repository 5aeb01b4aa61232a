//! A lab as plain data: what the file says, understood.

use serde::{Deserialize, Serialize};

use crate::answer::Answer;
use crate::condition::{Condition, Measure};
use crate::prose::{Block, Inline};
use crate::source::Span;

/// The format that this program reads.
pub const FORMAT: i64 = 1;

/// A lab.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Lab {
    /// Its id: the name of its folder.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// What happens in it, in a sentence.
    pub summary: String,
    /// How much help it gives.
    pub level: Level,
    /// How long it takes.
    pub minutes: u32,
    /// Words for an index: `cgroup.memory`.
    pub concepts: Vec<String>,
    /// Ids of labs that should be done before.
    pub requires: Vec<String>,
    /// What a student can do after it.
    pub objectives: Vec<String>,
    /// The scenario that it plays in.
    pub scenario: String,
    /// The moment at which it begins; if the file does not say, that at which all is up.
    pub start: u64,
    /// Decides the order in which options are shown.
    pub seed: u64,
    /// How many ticks of the clock one run may take.
    pub budget: u64,
    /// The share of the points that is enough, per mille.
    pub pass: u32,
    /// How predictions score.
    pub predict: PredictScore,
    /// What stands before the first step.
    pub intro: Vec<Block>,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// A hash of the file, as 32 hexadecimal digits.
    pub hash: String,
}

/// How much help a lab gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Every action has its button.
    #[default]
    Intro,
    /// With gaps.
    Core,
    /// A goal, and nothing else.
    Deep,
}

/// How predictions score.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PredictScore {
    /// A point for every prediction that is made, right or wrong.
    #[default]
    Attempt,
    /// A point for every prediction that is right.
    Correct,
    /// None.
    None,
}

/// A step.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Step {
    /// Its id: `{#id}` behind the heading.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// Where the heading stands.
    pub at: Span,
    /// What is in it, in order.
    pub items: Vec<Item>,
}

/// A piece of a step.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase", tag = "item")]
#[allow(missing_docs)] // each is described where it is defined
pub enum Item {
    Prose { block: Block },
    Do(Do),
    Show(Show),
    Predict(Question),
    Run(Run),
    Observe(Observe),
    Ask(Question),
    Check(Check),
    Explain(Explain),
    Hint(Hint),
}

impl Item {
    /// Its id, if it is of a kind that has one.
    pub fn id(&self) -> Option<&str> {
        Some(match self {
            Self::Do(it) => &it.id,
            Self::Predict(it) | Self::Ask(it) => &it.id,
            Self::Run(it) => &it.id,
            Self::Observe(it) => &it.id,
            Self::Check(it) => &it.id,
            Self::Explain(it) => &it.id,
            Self::Prose { .. } | Self::Show(_) | Self::Hint(_) => return None,
        })
    }
}

/// An action: a button that types a command, or moves in time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Do {
    /// Its id.
    pub id: String,
    /// What the button says.
    pub button: String,
    /// What it does.
    pub action: Action,
    /// How many ticks the machine runs on afterwards.
    pub wait: u64,
    /// It happens as the step is entered.
    pub auto: bool,
    /// Where it stands in the file.
    pub at: Span,
}

/// What a `do` does.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Types a command and the Enter key.
    Shell {
        /// The console.
        at: String,
        /// The command.
        run: String,
    },
    /// Goes to a moment.
    Seek(u64),
    /// Steps instructions; negative: back.
    Step(i64),
    /// Goes to the next event.
    Next(Filter),
    /// Goes to the last event before now.
    Back(Filter),
}

/// Which events to stop at.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Filter {
    /// Their kinds; empty: all.
    pub kinds: Vec<scene::HappeningKind>,
    /// From or to a box at or below this path; empty: anywhere.
    pub path: String,
    /// Only those whose title is as this pattern says; empty: any.
    pub title: String,
}

/// Where to look.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Show {
    /// The path of a box.
    pub focus: String,
    /// Parts of the page.
    pub views: Vec<String>,
    /// Words to stand beside it.
    pub say: Vec<Inline>,
}

/// A question, before the fact (`predict`) or after it (`ask`).
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Question {
    /// Its id.
    pub id: String,
    /// The question.
    pub ask: Vec<Inline>,
    /// How it is answered.
    pub kind: QuestionKind,
    /// What is to be said when it has been answered.
    pub why: Vec<Inline>,
    /// Ask "how sure?", too. Never graded.
    pub confidence: bool,
    /// Runs of the step wait for the answer. (Of predictions only.)
    pub lock: bool,
    /// What the right answer is worth. (Of `ask` only.)
    pub points: u32,
    /// Where it stands in the file.
    pub at: Span,
}

/// How a question is answered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum QuestionKind {
    /// One of the options.
    Choice(Vec<Choice>),
    /// Any number of the options.
    Multi(Vec<Choice>),
    /// The options in their right order, which is that of the file.
    Order(Vec<Choice>),
    /// A number.
    Number {
        /// The right one, if the author knows it.
        answer: Option<i64>,
        /// The right one, as measured when the answer is given.
        equals: Option<Measure>,
        /// How far off an answer may be.
        within: u64,
    },
}

impl QuestionKind {
    /// Its options, if it has any.
    pub fn options(&self) -> &[Choice] {
        match self {
            Self::Choice(options) | Self::Multi(options) | Self::Order(options) => options,
            Self::Number { .. } => &[],
        }
    }

    /// Whether an answer is of the kind that the question wants, with options that exist.
    pub fn fits(&self, answer: &Answer) -> bool {
        let known = |id: &String| self.options().iter().any(|option| option.id == *id);
        match (self, answer) {
            (Self::Choice(_), Answer::One(id)) => known(id),
            (Self::Multi(_), Answer::Many(ids)) => ids.iter().all(known),
            (Self::Order(options), Answer::Many(ids)) => {
                ids.len() == options.len() && options.iter().all(|it| ids.contains(&it.id))
            }
            (Self::Number { .. }, Answer::Number(_)) => true,
            _ => false,
        }
    }
}

/// An option.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Choice {
    /// Its id.
    pub id: String,
    /// What it says.
    pub text: Vec<Inline>,
    /// Whether it is right.
    pub correct: bool,
    /// Why it is right or wrong.
    pub why: Vec<Inline>,
    /// The misconception that it stands for.
    pub misconception: Option<String>,
}

/// Lets the machine run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Run {
    /// Its id.
    pub id: String,
    /// What the button says.
    pub button: String,
    /// How far.
    pub goal: Goal,
    /// Where to stop on the way, each once.
    pub pause_at: Vec<Pause>,
    /// How many ticks it may take; the lab's, if the block does not say.
    pub budget: u64,
    /// Where to look meanwhile.
    pub show: Option<Show>,
    /// Where it stands in the file.
    pub at: Span,
}

impl Run {
    /// Whether its conditions speak of events that only a watched run notices.
    pub fn is_watched(&self) -> bool {
        let goal = matches!(&self.goal, Goal::Until(until) if until.wants_watching());
        goal || self.pause_at.iter().any(|it| it.when.wants_watching())
    }
}

/// How far a run goes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Goal {
    /// Until this is true.
    Until(Condition),
    /// To the next such event.
    Next(Filter),
    /// So many ticks.
    Ticks(u64),
}

/// A stop on the way.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Pause {
    /// When.
    pub when: Condition,
    /// What to say.
    pub say: Vec<Inline>,
}

/// A measured value, to stand beside the prediction.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Observe {
    /// Its id: that of the prediction.
    pub id: String,
    /// What is measured: `{value}` in the sentence.
    pub value: Option<Measure>,
    /// A sentence with `{…}` where values go.
    pub say: Vec<Inline>,
    /// The values that the sentence speaks of, by what stands between the braces.
    pub fills: Vec<(String, Measure)>,
    /// Where it stands in the file.
    pub at: Span,
}

/// What has to be true of the machine.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Check {
    /// Its id.
    pub id: String,
    /// What it says, in a sentence.
    pub title: Vec<Inline>,
    /// What it is worth.
    pub points: u32,
    /// Every one is true.
    pub all: Vec<Condition>,
    /// At least one is true.
    pub any: Vec<Condition>,
    /// None is true.
    pub none: Vec<Condition>,
    /// None has been true at any moment since the step was entered.
    pub never: Vec<Condition>,
    /// Every one has been true at every moment since the step was entered.
    pub always: Vec<Condition>,
    /// Each became true, and first so in this order.
    pub order: Vec<Condition>,
    /// Differences against an earlier moment.
    pub delta: Vec<Delta>,
    /// What to say while it is not true.
    pub fail: Vec<Inline>,
    /// Hints, in order.
    pub hints: Vec<Hint>,
    /// Where it stands in the file.
    pub at: Span,
}

/// A difference against an earlier moment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Delta {
    /// What is measured.
    pub path: Measure,
    /// Since when.
    pub since: Mark,
    /// How the difference compares.
    pub op: DeltaOp,
    /// With what.
    pub value: i64,
}

/// A moment that the player keeps.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mark {
    /// A step was entered first.
    Step(String),
    /// A run began last.
    Run(String),
}

/// How a difference compares.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[allow(missing_docs)]
pub enum DeltaOp {
    #[serde(rename = "==")]
    Equal,
    #[serde(rename = ">=")]
    AtLeast,
    #[serde(rename = "<=")]
    AtMost,
}

/// A box for an explanation in the student's own words: kept, never graded by a program.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Explain {
    /// Its id.
    pub id: String,
    /// The question.
    pub ask: Vec<Inline>,
    /// Where it stands in the file.
    pub at: Span,
}

/// A hint.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Hint {
    /// The hint.
    pub text: Vec<Inline>,
    /// It fits while this is true.
    pub when: Option<Condition>,
    /// It comes after so many tries that failed.
    pub after: u32,
    /// Where it stands in the file.
    pub at: Span,
}

impl Lab {
    /// All items, with the index of their step.
    pub fn items(&self) -> impl Iterator<Item = (usize, &Item)> {
        self.steps
            .iter()
            .enumerate()
            .flat_map(|(n, step)| step.items.iter().map(move |item| (n, item)))
    }

    /// The index of a step.
    pub fn step(&self, id: &str) -> Option<usize> {
        self.steps.iter().position(|step| step.id == id)
    }

    /// All checks, with the index of their step.
    pub fn checks(&self) -> impl Iterator<Item = (usize, &Check)> {
        self.items().filter_map(|(n, item)| match item {
            Item::Check(check) => Some((n, check)),
            _ => None,
        })
    }

    /// All questions, with the index of their step, and whether each is a prediction.
    pub fn questions(&self) -> impl Iterator<Item = (usize, &Question, bool)> {
        self.items().filter_map(|(n, item)| match item {
            Item::Predict(it) => Some((n, it, true)),
            Item::Ask(it) => Some((n, it, false)),
            _ => None,
        })
    }

    /// The misconceptions that it meets, in order, each once.
    pub fn misconceptions(&self) -> Vec<&str> {
        let mut met = Vec::new();
        for (_, question, _) in self.questions() {
            for option in question.kind.options() {
                if let Some(id) = &option.misconception
                    && !met.contains(&id.as_str())
                {
                    met.push(id.as_str());
                }
            }
        }
        met
    }
}
