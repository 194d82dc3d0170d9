//! The session that tabs share, in every order of events: the real state machine, with tokens that are numbers, in a simulated
//! browser, against simulated servers.
//!
//! Each scenario is explored breadth first, every interleaving up to its depth, and walked at random beyond. `MODEL_DEPTH=2`
//! looks two steps deeper, `MODEL_WALKS=10` walks ten times as often. Seeds are fixed: what fails once fails always.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]
#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "how far it has looked is a result, too")]

// What there is.
mod tokens;
mod steps;
mod server;
mod browser;
mod mutant;
mod tab;
mod world;

// What happens, and what must hold.
mod ledger;
mod action;
mod happen;
mod end;
mod explorer;

use explorer::{Explorable, explore, walk};
use mutant::Mutant;
use tab::What;
use tokens::Kind;
use world::{Left, May, World};

const NOTHING: Left = Left {
    fetches: 0,
    refreshes: 0,
    sign_outs: 0,
    sign_ins: 0,
    expiries: 0,
    faults: 0,
    may: May::NONE,
};

const EVERYTHING: Left = Left {
    fetches: 2,
    refreshes: 2,
    sign_outs: 1,
    sign_ins: 1,
    expiries: 1,
    faults: 2,
    may: May::ALL,
};

/// What is explored: how many tabs there are, how many of them are open and signed in, and what may happen.
struct Scenario {
    name: &'static str,
    tabs: usize,
    open: usize,
    left: Left,
    depth: usize,
}

/// One thing at a time, so that it can be looked at to the end of it.
const SCENARIOS: [Scenario; 7] = [
    Scenario {
        name: "two tabs renew, one is closed, crashes or freezes, an answer is lost",
        tabs: 2,
        open: 2,
        left: Left {
            refreshes: 2,
            faults: 1,
            may: May {
                crash: true,
                freeze: true,
                lose: true,
                navigate: true,
                ..May::NONE
            },
            ..NOTHING
        },
        depth: 15,
    },
    Scenario {
        name: "one tab signs out while the other one renews, crashes or freezes",
        tabs: 2,
        open: 2,
        left: Left {
            refreshes: 1,
            sign_outs: 1,
            faults: 1,
            may: May {
                crash: true,
                freeze: true,
                lose: true,
                ..May::NONE
            },
            ..NOTHING
        },
        depth: 14,
    },
    Scenario {
        name: "one tab signs in as somebody else while the other one calls and renews",
        tabs: 2,
        open: 2,
        left: Left {
            fetches: 1,
            refreshes: 1,
            sign_ins: 1,
            faults: 1,
            may: May {
                freeze: true,
                ..May::NONE
            },
            ..NOTHING
        },
        depth: 11,
    },
    Scenario {
        name: "pages come and go: closed, kept, restored, opened in another tab",
        tabs: 2,
        open: 1,
        left: Left {
            fetches: 1,
            faults: 3,
            may: May {
                navigate: true,
                open: true,
                ..May::NONE
            },
            ..NOTHING
        },
        depth: 11,
    },
    Scenario {
        name: "the database fails at a renewal and at a sign-out",
        tabs: 2,
        open: 2,
        left: Left {
            refreshes: 1,
            sign_outs: 1,
            faults: 2,
            may: May {
                fail: true,
                ..May::NONE
            },
            ..NOTHING
        },
        depth: 13,
    },
    Scenario {
        name: "nobody is signed in yet: two tabs begin, one signs in, the other one out",
        tabs: 2,
        open: 0,
        left: Left {
            sign_ins: 1,
            sign_outs: 1,
            faults: 3,
            may: May {
                open: true,
                crash: true,
                ..May::NONE
            },
            ..NOTHING
        },
        depth: 14,
    },
    Scenario {
        name: "three tabs: one renews, one signs out, one freezes",
        tabs: 3,
        open: 3,
        left: Left {
            refreshes: 1,
            sign_outs: 1,
            faults: 1,
            may: May {
                freeze: true,
                ..May::NONE
            },
            ..NOTHING
        },
        depth: 11,
    },
];

const KINDS: [Kind; 3] = [Kind::Rotating, Kind::KeepsOld, Kind::Mediator { has_handle: true }];

/// A world in which the first `open` of the tabs are open, and one of them has signed in.
fn world(kind: Kind, tabs: usize, open: usize, left: Left, mutant: Mutant) -> World {
    begun(true, kind, tabs, open, left, mutant)
}

/// The same where tabs share nothing, and each of them has signed in by itself.
fn world_of_own(kind: Kind, tabs: usize, left: Left) -> World {
    begun(false, kind, tabs, tabs, left, Mutant::Unchanged)
}

fn begun(has_vault: bool, kind: Kind, tabs: usize, open: usize, left: Left, mutant: Mutant) -> World {
    // What remembers needs something to remember.
    let is_early = matches!(mutant, Mutant::Unverified | Mutant::Sleepy);
    let first = if is_early { mutant } else { Mutant::Unchanged };
    let mut world = World::new(kind, tabs, NOTHING, first);
    world.has_vault = has_vault;
    for tab in 0..open {
        world.load(tab);
        world.drain();
        if tab == 0 || !has_vault {
            let id = world.next_session();
            world.ask(tab, What::SignIn(id));
            world.drain();
        }
    }
    assert_eq!(world.fault(), None);
    for tab in 0..open {
        assert!(world.tabs[tab].seen.is_some(), "{:?}", world.tabs[tab]);
    }
    world.ledger.excused.clear();
    world.left = left;
    world.mutant = mutant;
    world
}

fn number(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |text| text.parse().expect(name))
}

#[test]
fn every_interleaving() {
    let deeper = number("MODEL_DEPTH", 0);
    let mut states = 0;
    for scenario in &SCENARIOS {
        let Scenario {
            name, tabs, open, left, ..
        } = *scenario;
        let start = world(Kind::Rotating, tabs, open, left, Mutant::Unchanged);
        let explored = explore(&start, scenario.depth + deeper).unwrap();
        states += explored.states;
        println!("{name}: {explored:?}");
    }
    println!("{states} states");
}

#[test]
fn random_walks() {
    let walks = 4_000 * number("MODEL_WALKS", 1);
    for kind in KINDS {
        for (tabs, open) in [(2, 2), (2, 0), (3, 1), (3, 3)] {
            let start = world(kind, tabs, open, EVERYTHING, Mutant::Unchanged);
            let steps = walk(&start, walks, 150, 1).unwrap();
            println!("{kind:?}, {tabs} tabs, {open} open: {walks} walks, {steps} steps");
        }
        let start = world_of_own(kind, 3, EVERYTHING);
        let steps = walk(&start, walks, 150, 1).unwrap();
        println!("{kind:?}, 3 tabs that share nothing: {walks} walks, {steps} steps");
    }
}

/// Each decision that is taken out of the machine is missed: the property it serves does not hold any more.
#[test]
fn mutants_are_found() {
    use Mutant::*;
    let mut missed = Vec::new();
    for (mutant, property) in [
        (NotWrittenDown, "P1"),
        (WritesOver, "P1"),
        (BindsLate, "P2"),
        (TellsWhileJudging, "P2"),
        (Deaf, "P3"),
        (Unverified, "P3"),
        (NotBuried, "P3"),
        (NotRemoved, "P3"),
        (NotAwaited, "P3"),
        (Sleepy, "P3"),
        (Impatient, "P4"),
        (ShortPatience, "P4"),
        (NoGrace, "P4"),
        (NoSecondTry, "P4"),
        (WaitsForEver, "P5"),
        (NeverUnlocks, "P5"),
    ] {
        let explored = SCENARIOS.iter().find_map(|scenario| {
            let start = world(Kind::Rotating, scenario.tabs, scenario.open, scenario.left, mutant);
            explore(&start, scenario.depth - 3)
                .err()
                .filter(|found| found.fault.starts_with(property))
        });
        let walked = || {
            [(2, 2), (2, 1), (3, 2)].iter().find_map(|(tabs, open)| {
                let start = world(Kind::Rotating, *tabs, *open, EVERYTHING, mutant);
                walk(&start, 20_000, 150, 7)
                    .err()
                    .filter(|found| found.fault.starts_with(property))
            })
        };
        let found = explored.or_else(walked).map(|found| found.fault);
        match found {
            Some(fault) => println!("without {mutant:?}: {fault}"),
            None => missed.push(mutant),
        }
    }
    assert_eq!(missed, []);
}

/// Why a request to a mediator has to name its session: in one that goes by its cookie alone, one user's renewal brings another
/// user's token, whatever the tabs do.
#[test]
fn a_mediator_that_goes_by_its_cookie_alone_mixes_users_up() {
    let kind = Kind::Mediator { has_handle: false };
    let Scenario { tabs, open, left, .. } = SCENARIOS[2];
    let start = world(kind, tabs, open, left, Mutant::Unchanged);
    let found = explore(&start, 20).unwrap_err();
    assert!(found.fault.starts_with("P2"), "{found:?}");
}
