//! AWS logins against an STS that verifies signatures: the stand-in's.

use std::sync::Arc;

use identities::{Ctx, routes};
use model::id::OrganizationId;
use model::organization::Organization;
use serde_json::Value;
use testkit::event::{event, read};
use testkit::issuer::SigningKey;

use crate::house::signed::{Client, Signer};

#[tokio::test]
async fn a_real_signature_opens_and_a_wrong_one_does_not() {
    let engine = testkit::config().unwrap();
    // An IAM user: of an account's root the stand-in checks no signature.
    let iam = aws_sdk_iam::Client::new(&engine);
    let user = iam.create_user().user_name("machine").send().await.unwrap();
    let arn = user.user().unwrap().arn().to_owned();
    let key = iam.create_access_key().user_name("machine").send().await.unwrap();
    let key = key.access_key().unwrap();

    let (kms, _) = testkit::kms::signing_with(Arc::new(SigningKey::es256("unused")));
    let config = kms.into_builder().endpoint_url(engine.endpoint_url().unwrap()).build();
    let organization = Organization { id: OrganizationId::random(), name: "Acme".to_owned() };
    let id = organization.id.to_string();
    let store = testkit::tables().await.unwrap();
    let ctx = Arc::new(Ctx::new(store, &config, "key".to_owned(), organization, arn.parse().unwrap()));
    // The stand-in compares the signature's date with its own clock.
    let now = web::start::clock();
    let login = async |body: Value| {
        let request = event("POST", "/api/v1/auth/aws-auth/login").body(&body).request();
        read(web::answer(routes(), Arc::clone(&ctx), request, now).await).await
    };
    for client in [Client::Python, Client::Node, Client::Go] {
        let signer = Signer {
            client,
            key_id: key.access_key_id(),
            secret: key.secret_access_key(),
            ..Signer::default()
        };
        let (status, answer) = login(signer.login(&id, now)).await;
        assert_eq!(status, 200, "{client:?}: {answer}");
        let forger = Signer { secret: "not the secret", ..signer };
        let (status, answer) = login(forger.login(&id, now)).await;
        assert_eq!(status, 401, "{client:?}: {answer}");
        assert!(answer["message"].as_str().unwrap().contains("SignatureDoesNotMatch"), "{answer}");
    }
}
