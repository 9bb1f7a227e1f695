//! Certificates: their bytes, where they are attached, and who renews them.

use std::collections::{BTreeSet, HashMap, HashSet};

use model::certificate::order::Order;
use model::certificate::{Bundle, Certificate};
use model::certificate_sync::{CertificateSyncs, Slot};

use super::Books;

pub(super) fn faults(books: &Books) -> Vec<String> {
    let certificates = books.all::<Certificate>();
    let ids: HashSet<_> = certificates.iter().map(|one| one.id).collect();
    let bundles: HashSet<_> = books.all::<Bundle>().iter().map(|one| one.certificate_id).collect();
    let mut faults: Vec<String> =
        ids.difference(&bundles).map(|id| format!("certificate {id} has no bundle")).collect();
    faults.extend(bundles.difference(&ids).map(|id| format!("a bundle is left of certificate {id}")));

    let wanted: BTreeSet<(String, String, String)> = books
        .all::<Slot>()
        .iter()
        .flat_map(|slot| {
            let place = move |id: model::id::CertificateId| {
                (id.to_string(), slot.certificate_sync_id.to_string(), slot.id.to_string())
            };
            slot.wanted.places().map(move |(id, _)| place(id))
        })
        .collect();
    let noted: BTreeSet<(String, String, String)> = books
        .all::<CertificateSyncs>()
        .iter()
        .flat_map(|syncs| {
            let of = syncs.certificate_id.to_string();
            let place = |place: &model::certificate_sync::Place| {
                (of.clone(), place.sync_id.to_string(), place.slot_id.to_string())
            };
            syncs.places.iter().map(place).collect::<Vec<_>>()
        })
        .collect();
    let place = |(certificate, sync, slot): &(String, String, String)| {
        format!("certificate {certificate} in certificate sync {sync} as {slot}")
    };
    faults.extend(wanted.difference(&noted).map(|one| format!("{} is not noted beside it", place(one))));
    faults.extend(noted.difference(&wanted).map(|one| format!("{} is noted beside it alone", place(one))));

    let orders: HashMap<_, _> = books.all::<Order>().into_iter().map(|order| (order.id, order)).collect();
    for certificate in certificates {
        let Some(order) = certificate.life.renewing else { continue };
        if orders.get(&order).is_none_or(|order| order.progress.has_ended()) {
            faults.push(format!("certificate {} waits for order {order}, which is over", certificate.id));
        }
    }
    faults
}
