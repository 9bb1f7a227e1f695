use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use x509::PrivateKey;

use super::house::{House, import};

#[tokio::test]
async fn what_fits_is_kept_and_read_back() {
    let house = House::new().await;
    let theirs = house.theirs("their.example.com").await;
    let body = import(&house, &theirs);
    let answer = house.raw(house.administrator, "POST", "/import-certificate", Some(body)).await;
    assert_eq!((answer.status, answer.kept.as_deref()), (200, Some("no-store")));
    let answer: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(answer["certificate"], json!(theirs.0));
    assert_eq!(answer["certificateChain"], json!(theirs.1));
    assert_eq!(answer["privateKey"], json!(theirs.2.expose_secret()));
    let id = answer["certificateId"].as_str().unwrap();
    let bundle = house.ok("GET", &format!("/{id}/bundle"), None).await;
    for field in ["certificate", "certificateChain", "privateKey", "serialNumber"] {
        assert_eq!(bundle[field], answer[field], "{field}");
    }
    let shown = house.ok("GET", &format!("/{id}"), None).await["certificate"].clone();
    assert_eq!((&shown["caId"], &shown["commonName"]), (&json!(null), &json!("their.example.com")));
    assert_eq!(shown["status"], "active");
    assert_eq!(house.audited("certificate.import").await, 1);
    // It is told about before its end, though nobody can renew it.
    let stored = house.stored(id.parse().unwrap()).await;
    assert!(stored.due_at.is_some() && !stored.life.renews);
}

#[tokio::test]
async fn chain_and_key_may_be_missing_and_the_chain_in_any_order() {
    let house = House::new().await;
    let theirs = house.theirs("their.example.com").await;
    let alone = json!({ "projectId": house.project, "certificatePem": theirs.0 });
    let answer = house.ok("POST", "/import-certificate", Some(alone)).await;
    assert_eq!((&answer["privateKey"], &answer["certificateChain"]), (&json!(null), &json!("")));
    let mut chain = x509::Certificate::all_from_pem(&theirs.1).unwrap();
    chain.reverse();
    let reversed: String = chain.iter().map(x509::Certificate::to_pem).collect();
    let turned = (theirs.0.clone(), reversed, theirs.2);
    let answer = house.ok("POST", "/import-certificate", Some(import(&house, &turned))).await;
    assert_eq!(answer["certificateChain"], json!(theirs.1));
}

#[tokio::test]
async fn what_does_not_fit_is_refused_by_name_and_nothing_is_kept() {
    let house = House::new().await;
    let one = house.theirs("one.example.com").await;
    let other = house.theirs("other.example.com").await;
    let rsa = PrivateKey::generate(model::certificate::KeyAlgorithm::Rsa2048).unwrap().to_pem();
    let with = |certificate: &str, chain: &str, key: &SecretString| {
        import(&house, &(certificate.to_owned(), chain.to_owned(), key.clone()))
    };
    for (body, word) in [
        (with(&one.0, &one.1, &other.2), "the private key does not fit the certificate"),
        (with(&one.0, &one.1, &rsa), "the private key does not fit the certificate"),
        (with(&one.0, &other.0, &one.2), "did not issue the certificate"),
        (with("nothing", "", &one.2), "the certificate holds no PEM block"),
        (with(&one.0, "nothing", &one.2), "the chain holds no PEM block"),
        (with(&one.0, "", &SecretString::from("nothing")), "the private key holds no PEM block"),
        (with(&one.1, "", &one.2), "the private key does not fit the certificate"),
    ] {
        let (status, message) = house.refused("POST", "/import-certificate", Some(body)).await;
        assert_eq!(status, 400, "{message}");
        assert!(message.starts_with("Unable to import the certificate: "), "{message}");
        assert!(message.contains(word), "{message}");
    }
    let root = x509::Certificate::all_from_pem(&one.1).unwrap().pop().unwrap().to_pem();
    let body = json!({ "projectId": house.project, "certificatePem": root });
    let (status, message) = house.refused("POST", "/import-certificate", Some(body)).await;
    assert_eq!(status, 400, "{message}");
    for body in [json!({}), json!({ "certificatePem": "" }), json!({ "certificatePem": 1 })] {
        assert_eq!(house.refused("POST", "/import-certificate", Some(body)).await.0, 422);
    }
    assert!(house.store.certificates_of(house.project).await.unwrap().is_empty());
}
