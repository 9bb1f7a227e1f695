//! Removal.

use super::world::Thing;
use super::*;

#[test]
fn a_removal_deletes_what_is_ours_here_and_nothing_else() {
    for (place, mine, theirs) in
        [("one-to-one", "A", "B"), ("/p/", "/p/A", "/p/B"), ("many-to-one", "all", "B")]
    {
        let case = Case::of(place);
        let mut world = World::with(&[(mine, Thing::of("v").owned_by(case.sync)), (theirs, Thing::of("v"))]);
        if place == "/p/" {
            world.things.insert("/q/C".into(), Thing::of("left behind").owned_by(case.sync));
        }
        let names: Vec<String> = world.things.keys().cloned().collect();
        let plan = remove::plan(&case.place(), &world.found(&case, &names), &[]);
        assert_eq!(verbs(&plan), [format!("delete {mine}")]);
    }
}

#[test]
fn a_removal_finds_what_the_ledger_remembers_of_earlier_names() {
    let case = Case::of("many-to-one");
    let mut world = World::default();
    world.carry_out(&case.plan(&world, &[("A", "1")]), usize::MAX);
    let renamed = Case { affixes: Affixes { prefix: "new-".into(), suffix: String::new() }, ..case };
    world.carry_out(&renamed.plan(&world, &[("A", "1")]), usize::MAX);
    world.things.insert("mine-too".into(), Thing::of("{}").owned_by(renamed.sync));
    let found = world.found(&renamed, &["all".into(), "new-all".into(), "mine-too".into()]);
    let plan = remove::plan(&renamed.place(), &found, &world.ledger());
    assert_eq!(verbs(&plan), ["delete all", "delete new-all"]);
}
