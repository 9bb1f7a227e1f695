//! The KMS and DynamoDB that the tests talk to, over the SDKs' own HTTP seam. KMS answers as AWS documents it; a
//! stand-in would not do, since it unwraps changed ciphertexts.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::id::OrganizationId;
use serde_json::{Value, json};
use store::Store;

use crate::Sealer;
use crate::keys::wall_clock;

pub(super) const KEY_ID: &str = "alias/drawbridge-seal";

/// One account: what several processes share.
#[derive(Debug, Clone, Default)]
pub(super) struct Aws(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    items: BTreeMap<(String, String), Value>,
    calls: Vec<String>,
    /// Answers of KMS to come before any real one.
    refusals: Vec<(u16, &'static str)>,
    made: u8,
}

impl Aws {
    /// A process with its own cache, as a second Lambda environment would be.
    pub(super) fn process(&self, organization: OrganizationId) -> Sealer {
        let connector = SharedHttpConnector::new(self.clone());
        #[expect(
            clippy::disallowed_methods,
            reason = "credentials of nobody, for an AWS that does not check them"
        )]
        let nobody = Credentials::new("AKID", "secret", None, None, "test");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("eu-central-1"))
            .credentials_provider(SharedCredentialsProvider::new(nobody))
            .retry_config(RetryConfig::disabled())
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .build();
        let store = Store::new(&config, "table".to_owned(), "audit".to_owned(), 90);
        Sealer::new(aws_sdk_kms::Client::new(&config), store, KEY_ID.to_owned(), organization)
    }

    /// How often an operation was called.
    pub(super) fn calls(&self, operation: &str) -> usize {
        let state = self.0.lock().unwrap();
        state.calls.iter().filter(|call| *call == operation).count()
    }

    pub(super) fn kms_calls(&self) -> usize {
        self.calls("GenerateDataKey") + self.calls("Decrypt")
    }

    /// KMS answers its next call with this.
    pub(super) fn kms_refuses(&self, status: u16, code: &'static str) {
        self.0.lock().unwrap().refusals.push((status, code));
    }

    pub(super) fn forget_data_keys(&self) {
        self.0.lock().unwrap().items.clear();
    }

    /// All data keys were made this long ago.
    pub(super) fn age_data_keys(&self, age: Duration) {
        let made = wall_clock().minus(age);
        for item in self.0.lock().unwrap().items.values_mut() {
            item["created_at"] = json!({ "S": made.to_string() });
        }
    }

    /// Copies the wrapped keys of all items under `from` onto those under `to`.
    pub(super) fn copy_wrapped_key(&self, from: &str, to: &str) {
        let mut state = self.0.lock().unwrap();
        let of = |state: &State, pk: &str| {
            state
                .items
                .iter()
                .find(|((partition, _), _)| partition == pk)
                .map(|(key, item)| (key.clone(), item.clone()))
        };
        let (_, source) = of(&state, from).unwrap();
        let (key, mut target) = of(&state, to).unwrap();
        target["wrapped"] = source["wrapped"].clone();
        state.items.insert(key, target);
    }

    pub(super) fn change_wrapped_key(&self, pk: &str, wrapped: &str) {
        let mut state = self.0.lock().unwrap();
        let item = state.items.iter_mut().find(|((partition, _), _)| partition == pk).unwrap().1;
        item["wrapped"] = json!({ "S": wrapped });
    }

    pub(super) fn stored(&self) -> String {
        serde_json::to_string(&self.0.lock().unwrap().items.values().collect::<Vec<_>>()).unwrap()
    }
}

impl State {
    fn answer(&mut self, operation: &str, body: &Value) -> (u16, Value) {
        self.calls.push(operation.to_owned());
        match operation {
            "GenerateDataKey" | "Decrypt" if !self.refusals.is_empty() => {
                let (status, code) = self.refusals.remove(0);
                (status, json!({ "__type": code, "message": "refused by the test" }))
            }
            "GenerateDataKey" => {
                assert_eq!((&body["KeyId"], &body["KeySpec"]), (&json!(KEY_ID), &json!("AES_256")));
                self.made += 1;
                let plaintext = [self.made; 32];
                let wrapped = json!({ "context": body["EncryptionContext"], "key": plaintext }).to_string();
                let (plaintext, wrapped) = (STANDARD.encode(plaintext), STANDARD.encode(wrapped));
                (200, json!({ "KeyId": KEY_ID, "Plaintext": plaintext, "CiphertextBlob": wrapped }))
            }
            "Decrypt" => self.unwrap(body),
            "GetItem" => match self.items.get(&key_of(&body["Key"])) {
                Some(item) => (200, json!({ "Item": item })),
                None => (200, json!({})),
            },
            "Query" => {
                let pk = &body["ExpressionAttributeValues"][":pk"];
                let found: Vec<&Value> = self.items.values().filter(|item| &item["pk"] == pk).collect();
                (200, json!({ "Items": found, "Count": found.len() }))
            }
            "TransactWriteItems" => self.create(&body["TransactItems"]),
            other => panic!("unexpected call {other}"),
        }
    }

    /// <https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html>: InvalidCiphertextException for another
    /// encryption context and for a ciphertext that was changed.
    fn unwrap(&self, body: &Value) -> (u16, Value) {
        assert_eq!(body["KeyId"], KEY_ID, "the KMS key is pinned");
        let wrapped = STANDARD.decode(body["CiphertextBlob"].as_str().unwrap()).unwrap();
        match serde_json::from_slice::<Value>(&wrapped) {
            Ok(wrapped) if wrapped["context"] == body["EncryptionContext"] => {
                let key: Vec<u8> = serde_json::from_value(wrapped["key"].clone()).unwrap();
                (200, json!({ "KeyId": KEY_ID, "Plaintext": STANDARD.encode(key) }))
            }
            Ok(_) | Err(_) => (400, json!({ "__type": "InvalidCiphertextException" })),
        }
    }

    fn create(&mut self, writes: &Value) -> (u16, Value) {
        for put in writes.as_array().unwrap().iter().map(|write| &write["Put"]) {
            assert_eq!(put["ConditionExpression"], "attribute_not_exists(pk)");
            if self.items.contains_key(&key_of(&put["Item"])) {
                let reasons = json!([{ "Code": "ConditionalCheckFailed", "Message": "The conditional request failed" }]);
                let cancelled = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
                return (
                    400,
                    json!({ "__type": cancelled, "Message": "cancelled", "CancellationReasons": reasons }),
                );
            }
            self.items.insert(key_of(&put["Item"]), put["Item"].clone());
        }
        (200, json!({}))
    }
}

fn key_of(item: &Value) -> (String, String) {
    let text = |name: &str| item[name]["S"].as_str().unwrap().to_owned();
    (text("pk"), text("sk"))
}

impl HttpConnector for Aws {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let aws = self.clone();
        HttpConnectorFuture::new(async move {
            // An answer takes a while: others get a turn in between, so that races can happen.
            for _ in 0..3 {
                tokio::task::yield_now().await;
            }
            let target = request.headers().get("x-amz-target").unwrap().to_owned();
            let operation = target.rsplit('.').next().unwrap();
            let body = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
            let (status, answer) = aws.0.lock().unwrap().answer(operation, &body);
            Ok(HttpResponse::new(status.try_into().unwrap(), SdkBody::from(answer.to_string())))
        })
    }
}
