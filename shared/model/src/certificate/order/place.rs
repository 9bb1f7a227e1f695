//! The zone that each name of a public certificate is proved in.

use serde::{Deserialize, Serialize};

use super::failure::Failure;
use crate::certificate_authority::HostedZone;

/// A hosted zone, as Route 53 shows it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// Its id and domain.
    pub hosted: HostedZone,
    /// Whether only private networks see it: ACM does not.
    pub is_private: bool,
    /// The servers that a delegation must name.
    pub name_servers: Vec<String>,
}

/// A name and the zone that it is proved in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The name, as it was requested.
    pub name: String,
    /// The zone.
    pub zone: HostedZone,
    /// The servers that a delegation of the zone must name.
    pub name_servers: Vec<String>,
}

/// Finds each name's zone: the longest that holds it.
///
/// # Errors
/// [`Failure::OutsideZones`] and [`Failure::PrivateZone`], before anything is paid for.
pub fn place(names: &[String], zones: &[Zone]) -> Result<Vec<Place>, Failure> {
    if let Some(zone) = zones.iter().find(|zone| zone.is_private) {
        return Err(Failure::PrivateZone(zone.hosted.clone()));
    }
    let mut places = Vec::with_capacity(names.len());
    let mut outside = Vec::new();
    for name in names {
        // Of two zones with one name, the first.
        let holding = zones.iter().rev().filter(|zone| zone.hosted.holds(name));
        match holding.max_by_key(|zone| zone.hosted.name.len()) {
            Some(zone) => places.push(Place {
                name: name.clone(),
                zone: zone.hosted.clone(),
                name_servers: zone.name_servers.clone(),
            }),
            None => outside.push(name.clone()),
        }
    }
    if outside.is_empty() {
        return Ok(places);
    }
    let zones = zones.iter().map(|zone| zone.hosted.name.clone()).collect();
    Err(Failure::OutsideZones { names: outside, zones })
}
