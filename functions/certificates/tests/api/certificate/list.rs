use model::certificate::Revocation;
use model::certificate::RevocationReason;
use serde_json::Value;
use testkit::now;

use super::house::{DAY, House};

fn names(answer: &Value) -> Vec<&str> {
    answer["certificates"].as_array().unwrap().iter().map(|one| one["commonName"].as_str().unwrap()).collect()
}

/// Three that hold, of which `soon` ends first, one that is over and one that was revoked.
async fn several(house: &House) {
    for (name, days) in [("late.example.com", 80), ("soon.example.com", 10), ("middle.example.com", 40)] {
        house.issued_with(name, |its| its.facts.not_after = now().plus(DAY * days)).await;
    }
    house.issued_with("over.example.com", |its| its.facts.not_after = now().minus(DAY)).await;
    let wanted_at = now();
    let revocation = Revocation {
        reason: RevocationReason::KeyCompromise,
        wanted_at,
        tried_at: wanted_at,
        revoked_at: Some(wanted_at),
        failures: 0,
    };
    house.issued_with("gone.example.com", |its| its.revocation = Some(revocation)).await;
}

#[tokio::test]
async fn certificates_are_listed_by_their_end_and_without_their_bytes() {
    let house = House::new().await;
    several(&house).await;
    let at = format!("?projectId={}", house.project);
    let answer = house.ok("GET", &at, None).await;
    let by_end = [
        "over.example.com",
        "soon.example.com",
        "middle.example.com",
        "late.example.com",
        "gone.example.com",
    ];
    assert_eq!(names(&answer), by_end);
    assert_eq!(answer["totalCount"], 5);
    assert_eq!(answer["certificates"][0]["status"], "expired");
    assert_eq!(answer["certificates"][4]["status"], "revoked");
    assert_eq!(answer["certificates"][4]["revocationReason"], "KEY_COMPROMISE");
    assert_eq!(answer["certificates"][1]["caName"], "inner");
    assert!(!answer.to_string().contains("BEGIN"), "{answer}");
    let answer = house.ok("GET", &format!("{at}&sortOrder=desc"), None).await;
    assert_eq!(names(&answer), by_end.into_iter().rev().collect::<Vec<_>>());
}

#[tokio::test]
async fn a_list_is_narrowed_and_cut() {
    let house = House::new().await;
    several(&house).await;
    let at = format!("?projectId={}", house.project);
    let all = house.ok("GET", &at, None).await;
    let serial = all["certificates"][2]["serialNumber"].as_str().unwrap()[4..12].to_uppercase();
    let (here, nowhere) = (house.private_ca, house.public_ca);
    for (query, expected, total) in [
        ("&status=active".to_owned(), vec!["soon.example.com", "middle.example.com", "late.example.com"], 3),
        ("&status=expired".to_owned(), vec!["over.example.com"], 1),
        ("&status=revoked".to_owned(), vec!["gone.example.com"], 1),
        ("&search=MIDDLE".to_owned(), vec!["middle.example.com"], 1),
        (format!("&search={serial}"), vec!["middle.example.com"], 1),
        ("&search=192.0.2".to_owned(), vec!["over.example.com"], 5),
        ("&search=nothing".to_owned(), vec![], 0),
        ("&status=active&limit=1&offset=1".to_owned(), vec!["middle.example.com"], 3),
        (format!("&caId={here}&limit=2"), vec!["over.example.com", "soon.example.com"], 5),
        (format!("&caId={nowhere}"), vec![], 0),
        (format!("&profileId={nowhere}"), vec![], 0),
        (format!("&applicationId={nowhere}"), vec![], 0),
    ] {
        let cut = if query.contains("192.0.2") { "&limit=1" } else { "" };
        let answer = house.ok("GET", &format!("{at}{query}{cut}"), None).await;
        assert_eq!((names(&answer), answer["totalCount"].as_u64()), (expected, Some(total)), "{query}");
    }
    for query in ["&status=weird", "&limit=101", "&limit=0", "&sortOrder=up", "&caId=x"] {
        assert_eq!(house.refused("GET", &format!("{at}{query}"), None).await.0, 422, "{query}");
    }
}

#[tokio::test]
async fn without_a_project_it_is_the_organisations_own() {
    let house = House::new().await;
    house.issued("www.example.com").await;
    assert_eq!(house.ok("GET", "", None).await["totalCount"], 1);
    let there = format!("?projectId={}", house.other);
    let (status, answer) = house.by(house.administrator, "GET", &there, None).await;
    assert_eq!((status, &answer["error"]), (403, &"PermissionDenied".into()), "{answer}");
}
