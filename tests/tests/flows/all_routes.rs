//! The tour of every route. By its name it comes first, and is on its way while others run.

use anyhow::{Result, ensure};
use tests::system::run;

use crate::tour::{routes, tour};

#[test]
fn the_tour_visits_every_route() -> Result<()> {
    run(|system| async move {
        let tour = tour(system).await?;
        let all = routes();
        let missing = all.iter().filter(|(method, path, _)| !tour.visited.contains(&(method.clone(), *path)));
        let missing: Vec<String> = missing.map(|(method, path, _)| format!("{method} {path}")).collect();
        ensure!(missing.is_empty(), "without a 401 and an other-project case:\n{}", missing.join("\n"));
        Ok(())
    })
}
