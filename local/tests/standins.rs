//! What the rest of the project relies on in the stand-ins.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use local::guard::Guard;
use local::http::serve;
use local::logs;
use local::root::Root;
use local::standins;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::Notify;

#[tokio::test]
async fn certificates_live_in_the_callers_account() {
    let moto = standins::start_moto(None).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let guard = Guard::new(&endpoint, "", &moto.endpoint(), Arc::new(Notify::new())).unwrap();
    // No ministack, and so nobody who says who may.
    let guard = Arc::new(guard.in_front_of_another_engine());
    tokio::spawn(serve(listener, move |request| {
        let guard = Arc::clone(&guard);
        async move { guard.answer(request).await }
    }));
    for account in ["100000000011", "200000000011"] {
        let root = Root::new(&endpoint, account);
        let wish = json!({"DomainName": "example.com"});
        let made = root.json("acm", "CertificateManager.RequestCertificate", &wish).await.unwrap();
        assert!(made["CertificateArn"].as_str().unwrap().contains(account), "{made}");
        let listed = root.json("acm", "CertificateManager.ListCertificates", &json!({})).await.unwrap();
        assert_eq!(listed["CertificateSummaryList"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn all_logs_of_an_account_are_read() {
    let root = Root::new(&standins::ministack().unwrap().endpoint(), "100000000012");
    let other = root.of("200000000012");
    for (root, group, message) in [
        (&root, "/drawbridge/a", "from the first group"),
        (&root, "/drawbridge/b", "from the second group"),
        (&other, "/drawbridge/a", "from another account"),
    ] {
        let mut request = json!({"logGroupName": group});
        root.json("logs", "Logs_20140328.CreateLogGroup", &request).await.unwrap();
        request["logStreamName"] = json!("stream");
        root.json("logs", "Logs_20140328.CreateLogStream", &request).await.unwrap();
        request["logEvents"] = json!([{"timestamp": 1_795_000_000_000_u64, "message": message}]);
        root.json("logs", "Logs_20140328.PutLogEvents", &request).await.unwrap();
    }
    let found = logs::read_all(&root).await.unwrap();
    assert_eq!(found, ["from the first group", "from the second group"]);
}
