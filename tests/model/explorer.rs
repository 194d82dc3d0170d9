//! Every state that can be reached, breadth first, each once; and random walks where there are too many.
//!
//! A hundred lines of our own, for from every state everything is let come to its end, to see whether it does: that is no
//! property of one state, which is what stateright 0.31 has properties for (its `eventually` holds on acyclic paths only). It
//! would also bring a web server, and `getrandom` and `rand_core` a second time, which `deny.toml` refuses.

use std::collections::HashSet;
use std::fmt::Debug;
use std::hash::{DefaultHasher, Hash, Hasher};

/// What can be explored.
pub(crate) trait Explorable: Clone + Hash {
    type Action: Copy + PartialEq;

    fn actions(&self) -> Vec<Self::Action>;
    fn apply(&mut self, action: Self::Action);
    /// What happens on that way, in words.
    fn story(&self, way: &[Self::Action]) -> Vec<String>;
    /// What is wrong with this state.
    fn fault(&self) -> Option<String>;
    /// What is wrong with how it goes on from here, if nothing more happens to it.
    fn fault_at_the_end(&self) -> Option<String>;
}

#[derive(Debug)]
pub(crate) struct Explored {
    pub(crate) states: usize,
    pub(crate) transitions: usize,
    pub(crate) depth: usize,
    /// Whether there was nothing beyond that depth.
    pub(crate) is_whole: bool,
}

/// A way to a fault, step by step.
pub(crate) struct Found {
    pub(crate) fault: String,
    pub(crate) story: Vec<String>,
}

impl Debug for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}", self.fault)?;
        self.story.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

fn fingerprint(state: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    state.hash(&mut hasher);
    hasher.finish()
}

/// Visits every state within `depth` steps.
pub(crate) fn explore<W: Explorable>(start: &W, depth: usize) -> Result<Explored, Found> {
    // For each state how it was reached: from which one, by which action.
    let mut ways: Vec<(usize, Option<W::Action>)> = vec![(0, None)];
    let mut seen = HashSet::from([fingerprint(start)]);
    let mut level = vec![(start.clone(), 0)];
    let mut explored = Explored {
        states: 1,
        transitions: 0,
        depth: 0,
        is_whole: true,
    };
    for at in 1..=depth {
        let mut next = Vec::new();
        for (state, way) in level {
            for action in state.actions() {
                let mut then = state.clone();
                then.apply(action);
                explored.transitions += 1;
                if !seen.insert(fingerprint(&then)) {
                    continue;
                }
                ways.push((way, Some(action)));
                if let Some(fault) = then.fault().or_else(|| then.fault_at_the_end()) {
                    let story = start.story(&way_to(&ways, ways.len() - 1));
                    return Err(Found { fault, story });
                }
                next.push((then, ways.len() - 1));
            }
        }
        explored.states = ways.len();
        if next.is_empty() {
            return Ok(explored);
        }
        explored.depth = at;
        level = next;
    }
    explored.is_whole = false;
    Ok(explored)
}

fn way_to<A: Copy>(ways: &[(usize, Option<A>)], end: usize) -> Vec<A> {
    let mut way = Vec::new();
    let mut at = end;
    while let (before, Some(action)) = ways[at] {
        way.push(action);
        at = before;
    }
    way.reverse();
    way
}

/// Takes random ways of at most `length` steps.
pub(crate) fn walk<W: Explorable>(start: &W, walks: usize, length: usize, seed: u64) -> Result<usize, Found> {
    let mut steps = 0;
    for number in (0..).take(walks) {
        let mut random = Random(seed ^ u64::wrapping_mul(number, 0x9E37_79B9_7F4A_7C15));
        let mut state = start.clone();
        let mut way = Vec::new();
        for _ in 0..length {
            let actions = state.actions();
            let Some(action) = actions.get(random.below(actions.len())) else {
                break;
            };
            way.push(*action);
            state.apply(*action);
            steps += 1;
            if state.fault().is_some() {
                break;
            }
        }
        if state.fault().or_else(|| state.fault_at_the_end()).is_some() {
            return Err(shortened(start, way));
        }
    }
    Ok(steps)
}

/// The fault of a way, if all of it can be gone.
fn fault_of<W: Explorable>(start: &W, way: &[W::Action]) -> Option<String> {
    let mut state = start.clone();
    for action in way {
        if !state.actions().contains(action) {
            return None;
        }
        state.apply(*action);
    }
    state.fault().or_else(|| state.fault_at_the_end())
}

/// The same way without each step that the fault does not need.
fn shortened<W: Explorable>(start: &W, mut way: Vec<W::Action>) -> Found {
    let mut at = way.len();
    while at > 0 {
        at -= 1;
        let mut shorter = way.clone();
        shorter.remove(at);
        if fault_of(start, &shorter).is_some() {
            way = shorter;
            at = way.len().min(at + 1);
        }
    }
    let fault = fault_of(start, &way).unwrap_or_default();
    let story = start.story(&way);
    Found { fault, story }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers for the same seed, everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        usize::try_from(mixed % u64::try_from(most.max(1)).unwrap()).unwrap()
    }
}
