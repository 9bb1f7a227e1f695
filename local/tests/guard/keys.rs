//! What Secrets Manager and Parameter Store need of a key of the customer's own, in the caller's name.

use serde_json::{Value, json};

use crate::aws::{Aws, trusting};

const ENCRYPT: &str = "kms:Encrypt";
const DECRYPT: &str = "kms:Decrypt";
const GENERATE: &str = "kms:GenerateDataKey";

/// A session of a role of theirs, and a key of theirs.
struct Scene {
    aws: Aws,
    key: String,
    parameters: aws_sdk_ssm::Client,
    secrets: aws_sdk_secretsmanager::Client,
}

impl Scene {
    async fn new() -> Self {
        let aws = Aws::start().await;
        let function = aws.function().await;
        aws.role(&aws.theirs, "sync", &trusting(aws.our_account)).await;
        let key = aws.theirs.json("kms", "TrentService.CreateKey", &json!({})).await.unwrap();
        let key = key["KeyMetadata"]["Arn"].as_str().unwrap().to_owned();
        let work = json!({"Effect": "Allow", "Action": ["ssm:*", "secretsmanager:*"], "Resource": "*"});
        aws.policy(&aws.theirs, "sync", "work", &work).await.unwrap();
        let config = aws.config(aws.person(&function, "sync", "sync").await).await;
        for name in ["/read", "/changed"] {
            let put = json!({"Name": name, "Value": "v", "Type": "SecureString", "KeyId": key});
            aws.theirs.json("ssm", "AmazonSSM.PutParameter", &put).await.unwrap();
        }
        for name in ["read", "changed", "moved"] {
            let create = json!({"Name": name, "SecretString": "v", "KmsKeyId": key});
            aws.theirs.json("secretsmanager", "secretsmanager.CreateSecret", &create).await.unwrap();
        }
        Self {
            key,
            parameters: aws_sdk_ssm::Client::new(&config),
            secrets: aws_sdk_secretsmanager::Client::new(&config),
            aws,
        }
    }

    /// The role may use the key so and not otherwise.
    async fn allow(&self, actions: &[&str]) {
        let actions = if actions.is_empty() { &["kms:ListAliases"][..] } else { actions };
        let seal: Value = json!({"Effect": "Allow", "Action": actions, "Resource": self.key});
        self.aws.policy(&self.aws.theirs, "sync", "seal", &seal).await.unwrap();
    }

    /// What is said of the attempt, nothing when it is done.
    async fn attempt(&self, what: &str) -> String {
        use aws_sdk_ssm::types::{ParameterTier, ParameterType};
        let (ssm, secrets) = (&self.parameters, &self.secrets);
        let put = |name: &str, tier| {
            let put = ssm.put_parameter().name(name).value("w").r#type(ParameterType::SecureString);
            put.key_id(&self.key).tier(tier).overwrite(true).send()
        };
        let debug = |error: &dyn std::fmt::Debug| format!("{error:?}");
        let failed = match what {
            "put" => put("/changed", ParameterTier::Standard).await.err().map(|error| debug(&error)),
            "put advanced" => {
                put("/advanced", ParameterTier::Advanced).await.err().map(|error| debug(&error))
            }
            "read names" => {
                let read = ssm.get_parameters().names("/read").with_decryption(true).send().await;
                read.err().map(|error| debug(&error))
            }
            "read a path" => {
                let read = ssm.get_parameters_by_path().path("/").with_decryption(true).send().await;
                read.err().map(|error| debug(&error))
            }
            "read a path as it lies there" => {
                let read = ssm.get_parameters_by_path().path("/").send().await;
                read.err().map(|error| debug(&error))
            }
            "create" => {
                let name = format!("made-{}", fastrand::u64(..));
                let create = secrets.create_secret().name(name).secret_string("v").kms_key_id(&self.key);
                create.send().await.err().map(|error| debug(&error))
            }
            "update" => {
                let update = secrets.update_secret().secret_id("changed").secret_string("w");
                update.send().await.err().map(|error| debug(&error))
            }
            "move from the key" => {
                let update =
                    secrets.update_secret().secret_id("moved").kms_key_id("alias/aws/secretsmanager");
                let failed = update.send().await.err().map(|error| debug(&error));
                if failed.is_none() {
                    let back = json!({"SecretId": "moved", "KmsKeyId": self.key});
                    let target = "secretsmanager.UpdateSecret";
                    self.aws.theirs.json("secretsmanager", target, &back).await.unwrap();
                }
                failed
            }
            "read" => {
                let read = secrets.get_secret_value().secret_id("read").send().await;
                read.err().map(|error| debug(&error))
            }
            "read several" => {
                let read = secrets.batch_get_secret_value().secret_id_list("read").send().await.unwrap();
                assert_eq!(read.secret_values().len() + read.errors().len(), 1);
                read.errors().first().map(|error| debug(&error))
            }
            other => panic!("nobody tries {other}"),
        };
        failed.unwrap_or_default()
    }
}

#[tokio::test]
async fn a_key_of_the_customers_own_needs_each_action_that_aws_documents_and_no_other() {
    let scene = Scene::new().await;
    let no_access = "Access to KMS is not allowed";
    let no_ciphertext = "The ciphertext refers to a customer master key";
    for (what, needed, words) in [
        ("put", &[ENCRYPT][..], "is not authorized to perform: kms:Encrypt"),
        ("put advanced", &[GENERATE], "is not authorized to perform: kms:GenerateDataKey"),
        ("read names", &[DECRYPT], no_ciphertext),
        ("read a path", &[DECRYPT], no_ciphertext),
        ("read a path as it lies there", &[], ""),
        ("create", &[GENERATE, DECRYPT], no_access),
        ("update", &[GENERATE, ENCRYPT, DECRYPT], no_access),
        ("move from the key", &[DECRYPT], no_access),
        ("read", &[DECRYPT], no_access),
        ("read several", &[DECRYPT], no_access),
    ] {
        scene.allow(needed).await;
        assert_eq!(scene.attempt(what).await, "", "{what} with {needed:?}");
        for missing in needed {
            let less: Vec<_> = needed.iter().copied().filter(|action| action != missing).collect();
            scene.allow(&less).await;
            let said = scene.attempt(what).await;
            assert!(
                said.contains(words) && said.contains("AccessDenied"),
                "{what} without {missing}: {said}"
            );
        }
    }
}
