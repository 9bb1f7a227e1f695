//! Runs: what is new, changed and deleted.

use super::super::world::{ALL, PARAMETER_STORE, SECRETS_MANAGER, World};
use super::{Case, deaths_in_parallel, first_sync, follows, hiccups, moments, survives, update};

#[tokio::test]
async fn a_first_sync_that_dies_anywhere_is_made_good() {
    for kind in ALL {
        let prepare = async |world: &World, case: &Case| first_sync(world, case, kind).await;
        survives("first sync", kind, moments, prepare, follows).await;
    }
}

#[tokio::test]
async fn an_update_that_dies_anywhere_is_made_good() {
    for kind in ALL {
        let prepare = async |world: &World, case: &Case| update(world, case, kind).await;
        survives("update", kind, moments, prepare, follows).await;
    }
}

#[tokio::test]
async fn an_update_that_dies_while_calls_are_under_way_is_made_good() {
    let prepare = async |world: &World, case: &Case| update(world, case, PARAMETER_STORE).await;
    survives("update with calls under way", PARAMETER_STORE, deaths_in_parallel, prepare, follows).await;
}

#[tokio::test]
async fn a_call_that_fails_or_whose_answer_is_lost_changes_nothing_in_the_end() {
    for kind in [SECRETS_MANAGER, PARAMETER_STORE] {
        let prepare = async |world: &World, case: &Case| update(world, case, kind).await;
        survives("update, a call fails or its answer is lost", kind, hiccups, prepare, follows).await;
    }
}
