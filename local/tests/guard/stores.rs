//! Secrets Manager and Parameter Store as AWS describes them.

use aws_sdk_ssm::error::ProvideErrorMetadata as _;
use local::root::Root;
use serde_json::{Value, json};

use crate::aws::{Aws, credentials, trusting};

/// The answer, or the error's code and message as one text.
async fn ask(root: &Root, service: &str, action: &str, request: Value) -> Result<Value, String> {
    let target = match service {
        "ssm" => format!("AmazonSSM.{action}"),
        _ => format!("{service}.{action}"),
    };
    root.json(service, &target, &request).await.map_err(|failure| format!("{failure:#}"))
}

async fn ssm(aws: &Aws, action: &str, request: Value) -> Result<Value, String> {
    ask(&aws.theirs, "ssm", action, request).await
}

async fn secrets(aws: &Aws, action: &str, request: Value) -> Result<Value, String> {
    ask(&aws.theirs, "secretsmanager", action, request).await
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|entry| entry["Name"].as_str().unwrap()).collect()
}

fn refused(answer: Result<Value, String>, words: &[&str]) {
    let told = answer.unwrap_err();
    assert!(words.iter().all(|word| told.contains(word)), "{words:?} are not in {told}");
}

#[tokio::test]
async fn a_parameters_tier_bounds_its_value_and_never_goes_back() {
    let aws = Aws::start().await;
    let put = |name: &'static str, bytes: usize, tier: Option<&'static str>| {
        let mut request =
            json!({"Name": name, "Value": "v".repeat(bytes), "Type": "SecureString", "Overwrite": true});
        if let Some(tier) = tier {
            request["Tier"] = json!(tier);
        }
        ssm(&aws, "PutParameter", request)
    };
    put("/a/standard", 4_096, None).await.unwrap();
    refused(put("/a/standard", 4_097, None).await, &["ValidationException", "4096"]);
    refused(put("/a/standard", 4_097, Some("Standard")).await, &["ValidationException", "4096"]);
    assert_eq!(put("/a/standard", 4_097, Some("Advanced")).await.unwrap()["Tier"], "Advanced");
    // It stays advanced, said or not.
    assert_eq!(put("/a/standard", 8_192, None).await.unwrap()["Tier"], "Advanced");
    refused(put("/a/standard", 1, Some("Standard")).await, &["ValidationException", "downgrade"]);
    refused(put("/a/standard", 8_193, Some("Advanced")).await, &["ValidationException", "8192"]);
    for (bytes, tier) in [(4_096, "Standard"), (4_097, "Advanced")] {
        let name = if bytes == 4_096 { "/a/chosen" } else { "/a/chosen-too" };
        assert_eq!(put(name, bytes, Some("Intelligent-Tiering")).await.unwrap()["Tier"], tier);
    }
}

#[tokio::test]
async fn parameters_are_read_by_path_in_pages_of_ten_and_named_ten_at_a_time() {
    let aws = Aws::start().await;
    let all: Vec<_> = (0..23).map(|n| format!("/page/{n:02}")).collect();
    for name in &all {
        let request =
            json!({"Name": name, "Value": "v", "Type": "SecureString", "Tags": [{"Key": "k", "Value": "v"}]});
        ssm(&aws, "PutParameter", request).await.unwrap();
    }
    let (mut found, mut pages) = (Vec::new(), 0);
    let mut request = json!({"Path": "/page/", "WithDecryption": true, "MaxResults": 10});
    loop {
        let page = ssm(&aws, "GetParametersByPath", request.clone()).await.unwrap();
        found.extend(names(&page["Parameters"]).into_iter().map(str::to_owned));
        pages += 1;
        match page["NextToken"].as_str() {
            Some(next) => request["NextToken"] = json!(next),
            None => break,
        }
    }
    assert_eq!((found, pages), (all.clone(), 3));
    refused(
        ssm(&aws, "GetParametersByPath", json!({"Path": "/page", "MaxResults": 11})).await,
        &["maxResults"],
    );
    refused(ssm(&aws, "DeleteParameters", json!({"Names": all[..11]})).await, &["names", "10"]);
    let deleted = ssm(&aws, "DeleteParameters", json!({"Names": ["/page/00", "/page/99"]})).await.unwrap();
    assert_eq!(deleted, json!({"DeletedParameters": ["/page/00"], "InvalidParameters": ["/page/99"]}));
    let tags = json!({"ResourceType": "Parameter", "ResourceId": "/page/01"});
    let tags = ssm(&aws, "ListTagsForResource", tags).await.unwrap();
    assert_eq!(tags["TagList"], json!([{"Key": "k", "Value": "v"}]));
    let retag =
        json!({"ResourceType": "Parameter", "ResourceId": "/page/02", "Tags": [{"Key": "k", "Value": "w"}]});
    ssm(&aws, "AddTagsToResource", retag).await.unwrap();
    for (filters, expected) in [
        (json!([{"Key": "tag:k", "Values": ["w"]}]), vec!["/page/02"]),
        (json!([{"Key": "tag:none", "Values": ["w"]}]), vec![]),
        (
            json!([{"Key": "tag:k", "Values": ["w", "v"]}, {"Key": "Path", "Option": "OneLevel", "Values": ["/"]}]),
            vec![],
        ),
    ] {
        let described = ssm(&aws, "DescribeParameters", json!({"ParameterFilters": filters})).await.unwrap();
        assert_eq!(names(&described["Parameters"]), expected, "{filters}");
    }
    let both = json!({"Name": "/page/01", "Value": "v", "Type": "SecureString", "Overwrite": true,
        "Tags": [{"Key": "k", "Value": "v"}]});
    refused(ssm(&aws, "PutParameter", both).await, &["ValidationException", "tags and overwrite"]);
    let again = json!({"Name": "/page/01", "Value": "v", "Type": "SecureString", "Overwrite": false});
    refused(ssm(&aws, "PutParameter", again).await, &["ParameterAlreadyExists"]);
}

#[tokio::test]
async fn a_retried_write_of_a_secret_is_one_version() {
    let aws = Aws::start().await;
    let token = "11111111-1111-4111-8111-111111111111";
    let create = json!({"Name": "once", "SecretString": "one", "ClientRequestToken": token});
    let made = secrets(&aws, "CreateSecret", create.clone()).await.unwrap();
    assert_eq!(made["VersionId"], token);
    assert_eq!(secrets(&aws, "CreateSecret", create).await.unwrap(), made);
    let other = json!({"Name": "once", "SecretString": "two", "ClientRequestToken": token});
    refused(secrets(&aws, "CreateSecret", other).await, &["ResourceExistsException"]);

    let token = "22222222-2222-4222-8222-222222222222";
    let update = json!({"SecretId": "once", "SecretString": "two", "ClientRequestToken": token});
    for _ in 0..2 {
        assert_eq!(secrets(&aws, "UpdateSecret", update.clone()).await.unwrap()["VersionId"], token);
    }
    let read = secrets(&aws, "GetSecretValue", json!({"SecretId": "once"})).await.unwrap();
    assert_eq!((&read["VersionId"], &read["SecretString"]), (&json!(token), &json!("two")));
    let versions = secrets(&aws, "ListSecretVersionIds", json!({"SecretId": "once"})).await.unwrap();
    assert_eq!(versions["Versions"].as_array().unwrap().len(), 2);
    let large = json!({"SecretId": "once", "SecretString": "v".repeat(65_537)});
    refused(secrets(&aws, "UpdateSecret", large).await, &["InvalidParameterException", "65536"]);
}

#[tokio::test]
async fn the_name_of_a_deleted_secret_is_taken_until_its_window_is_over() {
    let aws = Aws::start().await;
    let create = json!({"Name": "gone", "SecretString": "v"});
    secrets(&aws, "CreateSecret", create.clone()).await.unwrap();
    refused(secrets(&aws, "CreateSecret", create.clone()).await, &["ResourceExistsException"]);
    let delete = |days: u32| json!({"SecretId": "gone", "RecoveryWindowInDays": days});
    refused(secrets(&aws, "DeleteSecret", delete(6)).await, &["InvalidParameterException"]);
    secrets(&aws, "DeleteSecret", delete(7)).await.unwrap();
    refused(
        secrets(&aws, "CreateSecret", create).await,
        &["InvalidRequestException", "scheduled for deletion"],
    );
    let update = json!({"SecretId": "gone", "SecretString": "w"});
    refused(secrets(&aws, "UpdateSecret", update.clone()).await, &["InvalidRequestException", "deletion"]);
    let listed = secrets(&aws, "ListSecrets", json!({})).await.unwrap();
    assert_eq!(listed["SecretList"], json!([]));
    let listed = secrets(&aws, "ListSecrets", json!({"IncludePlannedDeletion": true})).await.unwrap();
    assert!(listed["SecretList"][0]["DeletedDate"].is_number(), "{listed}");
    secrets(&aws, "RestoreSecret", json!({"SecretId": "gone"})).await.unwrap();
    secrets(&aws, "UpdateSecret", update).await.unwrap();
}

#[tokio::test]
async fn secrets_are_listed_by_the_beginnings_of_names_and_tags() {
    let aws = Aws::start().await;
    for (name, owner) in [("app/one", "sync-1"), ("app/two", "sync-2"), ("my-app/three", "sync-1")] {
        let tags = json!([{"Key": "managed-by", "Value": "us"}, {"Key": "owner", "Value": owner}]);
        let create = json!({"Name": name, "SecretString": "v", "Tags": tags});
        secrets(&aws, "CreateSecret", create).await.unwrap();
    }
    for n in 0..110 {
        secrets(&aws, "CreateSecret", json!({"Name": format!("foreign/{n:03}"), "SecretString": "v"}))
            .await
            .unwrap();
    }
    for (filters, expected) in [
        (json!([{"Key": "name", "Values": ["app/"]}]), vec!["app/one", "app/two"]),
        (json!([{"Key": "name", "Values": ["App/"]}]), vec![]),
        (json!([{"Key": "tag-value", "Values": ["sync-1"]}]), vec!["app/one", "my-app/three"]),
        (
            json!([{"Key": "tag-key", "Values": ["own"]}, {"Key": "name", "Values": ["my"]}]),
            vec!["my-app/three"],
        ),
        (
            json!([{"Key": "tag-key", "Values": ["owner"]}, {"Key": "tag-value", "Values": ["!sync-1"]}]),
            vec!["app/two"],
        ),
    ] {
        let listed = secrets(&aws, "ListSecrets", json!({"Filters": filters})).await.unwrap();
        assert_eq!(names(&listed["SecretList"]), expected, "{filters}");
    }
    let first = secrets(&aws, "ListSecrets", json!({"MaxResults": 100})).await.unwrap();
    let rest = json!({"MaxResults": 100, "NextToken": first["NextToken"]});
    let rest = secrets(&aws, "ListSecrets", rest).await.unwrap();
    assert_eq!((names(&first["SecretList"]).len(), names(&rest["SecretList"]).len()), (100, 13));
    assert!(rest["NextToken"].is_null());

    let batch = json!({"SecretIdList": ["app/one", "nothing"]});
    let batch = secrets(&aws, "BatchGetSecretValue", batch).await.unwrap();
    assert_eq!(names(&batch["SecretValues"]), ["app/one"]);
    let error = &batch["Errors"][0];
    assert_eq!(
        (&error["SecretId"], &error["ErrorCode"]),
        (&json!("nothing"), &json!("ResourceNotFoundException"))
    );
}

#[tokio::test]
async fn both_services_encrypt_only_with_keys_that_are_there_and_enabled() {
    let aws = Aws::start().await;
    let theirs = &aws.theirs;
    let kms = |action: &'static str, request: Value| async move {
        let target = format!("TrentService.{action}");
        theirs.json("kms", &target, &request).await.unwrap()
    };
    let key = kms("CreateKey", json!({})).await["KeyMetadata"]["Arn"].as_str().unwrap().to_owned();
    let managed = kms("DescribeKey", json!({"KeyId": "alias/aws/ssm"})).await["KeyMetadata"]["Arn"].clone();
    let parameter = |key: &Value| json!({"Name": "/k", "Value": "v", "Type": "SecureString", "Overwrite": true, "KeyId": key});
    let secret = |name: &str, key: &Value| json!({"Name": name, "SecretString": "v", "KmsKeyId": key});
    for usable in [json!(key), managed, json!("alias/aws/ssm")] {
        ssm(&aws, "PutParameter", parameter(&usable)).await.unwrap();
    }
    secrets(&aws, "CreateSecret", secret("own-key", &json!(key))).await.unwrap();
    let listed = secrets(&aws, "ListSecrets", json!({})).await.unwrap();
    assert_eq!(listed["SecretList"][0]["KmsKeyId"], json!(key));

    let foreign = json!("arn:aws:kms:us-east-1:300000000066:key/11111111-1111-4111-8111-111111111111");
    refused(ssm(&aws, "PutParameter", parameter(&foreign)).await, &["InvalidKeyId"]);
    refused(
        secrets(&aws, "CreateSecret", secret("foreign", &foreign)).await,
        &["AccessDeniedException", "KMS"],
    );
    kms("DisableKey", json!({"KeyId": key})).await;
    refused(ssm(&aws, "PutParameter", parameter(&json!(key))).await, &["InvalidKeyId", "disabled"]);
    refused(secrets(&aws, "CreateSecret", secret("disabled", &json!(key))).await, &["EncryptionFailure"]);
}

#[tokio::test]
async fn tags_at_creation_and_several_names_need_permissions_of_their_own() {
    let aws = Aws::start().await;
    let function = aws.function().await;
    aws.role(&aws.theirs, "sync", &trusting(aws.our_account)).await;
    let allow = |actions: &[&str]| {
        json!({"Effect": "Allow", "Action": actions, "Resource": [
            format!("arn:aws:ssm:us-east-1:{}:parameter/mine/*", aws.their_account),
            format!("arn:aws:ssm:us-east-1:{}:parameter/mine", aws.their_account),
            format!("arn:aws:secretsmanager:us-east-1:{}:secret:mine-*", aws.their_account),
        ]})
    };
    let session = aws.person(&function, "sync", "sync").await;
    let config = aws.config(session).await;
    let parameters = aws_sdk_ssm::Client::new(&config);
    let secrets = aws_sdk_secretsmanager::Client::new(&config);
    let put = || {
        let tag = aws_sdk_ssm::types::Tag::builder().key("k").value("v").build().unwrap();
        let kind = aws_sdk_ssm::types::ParameterType::SecureString;
        parameters.put_parameter().name("/mine/a").value("v").r#type(kind).tags(tag).send()
    };
    let create = || {
        let tag = aws_sdk_secretsmanager::types::Tag::builder().key("k").value("v").build();
        secrets.create_secret().name("mine-a").secret_string("v").tags(tag).send()
    };
    let first = [
        "ssm:PutParameter",
        "ssm:DeleteParameters",
        "ssm:GetParametersByPath",
        "secretsmanager:CreateSecret",
    ];
    aws.policy(&aws.theirs, "sync", "work", &allow(&first)).await.unwrap();
    let refusal = put().await.unwrap_err().into_service_error();
    assert!(refusal.message().unwrap().contains("ssm:AddTagsToResource"), "{refusal:?}");
    let refusal = create().await.unwrap_err().into_service_error();
    assert!(refusal.message().unwrap().contains("secretsmanager:TagResource"), "{refusal:?}");
    let all = [&first[..], &["ssm:AddTagsToResource", "secretsmanager:TagResource"]].concat();
    aws.policy(&aws.theirs, "sync", "work", &allow(&all)).await.unwrap();
    put().await.unwrap();
    create().await.unwrap();

    let read = parameters.get_parameters_by_path().path("/mine/").send().await.unwrap();
    assert_eq!(read.parameters().len(), 1);
    let delete = |other: &'static str| parameters.delete_parameters().names("/mine/a").names(other).send();
    let refusal = delete("/theirs/b").await.unwrap_err().into_service_error();
    assert!(refusal.message().unwrap().contains("parameter/theirs/b"), "{refusal:?}");
    assert_eq!(delete("/mine/b").await.unwrap().deleted_parameters(), ["/mine/a"]);
}

#[tokio::test]
async fn a_customers_own_key_is_used_in_the_callers_name_through_the_service_alone() {
    let aws = Aws::start().await;
    let function = aws.function().await;
    aws.role(&aws.theirs, "sync", &trusting(aws.our_account)).await;
    let key = aws.theirs.json("kms", "TrentService.CreateKey", &json!({})).await.unwrap();
    let key = key["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned();
    let work = json!({"Effect": "Allow", "Action": "ssm:PutParameter", "Resource": "*"});
    aws.policy(&aws.theirs, "sync", "work", &work).await.unwrap();
    let session = aws.person(&function, "sync", "sync").await;
    let parameters = aws_sdk_ssm::Client::new(&aws.config(session).await);
    let put = || {
        let kind = aws_sdk_ssm::types::ParameterType::SecureString;
        parameters.put_parameter().name("/a").value("v").r#type(kind).key_id(&key).overwrite(true).send()
    };
    for (service, allowed) in [(None, false), (Some("secretsmanager"), false), (Some("ssm"), true)] {
        if let Some(service) = service {
            let via = format!("{service}.us-east-1.amazonaws.com");
            let mut seal = json!({"Effect": "Allow", "Action": "kms:Encrypt", "Resource": "*"});
            seal["Condition"] = json!({"StringEquals": {"kms:ViaService": via}});
            aws.policy(&aws.theirs, "sync", "seal", &seal).await.unwrap();
        }
        assert_eq!(put().await.is_ok(), allowed, "{service:?}");
    }
}

#[tokio::test]
async fn a_session_policy_keeps_off_what_carries_anothers_tag() {
    let aws = Aws::start().await;
    let function = aws.function().await;
    aws.role(&aws.theirs, "sync", &trusting(aws.our_account)).await;
    let deletions = ["ssm:DeleteParameters", "secretsmanager:DeleteSecret"];
    let work = ["ssm:PutParameter", "secretsmanager:UpdateSecret", deletions[0], deletions[1]];
    let work = json!({"Effect": "Allow", "Action": work, "Resource": "*"});
    aws.policy(&aws.theirs, "sync", "work", &work).await.unwrap();
    let keep_off = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": ["ssm:PutParameter", "secretsmanager:UpdateSecret"], "Resource": "*", "Condition": {
            "Null": {"aws:ResourceTag/owner": "false"}, "StringNotEquals": {"aws:ResourceTag/owner": "me"},
        }},
        {"Effect": "Deny", "Action": deletions, "Resource": "*", "Condition": {
            "StringNotEquals": {"aws:ResourceTag/owner": "me"},
        }},
    ]});
    for (name, owner) in [("mine", Some("me")), ("nobodys", None), ("yours", Some("you"))] {
        let tags = owner.map_or(json!([]), |owner| json!([{"Key": "owner", "Value": owner}]));
        let put = json!({"Name": format!("/{name}"), "Value": "v", "Type": "SecureString", "Tags": tags});
        ssm(&aws, "PutParameter", put).await.unwrap();
        secrets(&aws, "CreateSecret", json!({"Name": name, "SecretString": "v", "Tags": tags}))
            .await
            .unwrap();
    }
    let session = function.assume_role().role_arn(aws.role_arn("sync")).role_session_name("sync");
    let session = credentials(&session.policy(keep_off.to_string()).send().await.unwrap());
    let config = aws.config(session).await;
    let parameters = aws_sdk_ssm::Client::new(&config);
    let secrets = aws_sdk_secretsmanager::Client::new(&config);
    for (name, allowed) in [("mine", true), ("nobodys", true), ("yours", false)] {
        let kind = aws_sdk_ssm::types::ParameterType::SecureString;
        let put = parameters.put_parameter().name(format!("/{name}")).value("w").r#type(kind).overwrite(true);
        assert_eq!(put.send().await.is_ok(), allowed, "/{name}");
        let update = secrets.update_secret().secret_id(name).secret_string("w");
        assert_eq!(update.send().await.is_ok(), allowed, "{name}");
    }
    // What carries no tag at all is not deleted either.
    for (name, allowed) in [("mine", true), ("nobodys", false), ("yours", false)] {
        let delete = parameters.delete_parameters().names(format!("/{name}"));
        assert_eq!(delete.send().await.is_ok(), allowed, "/{name}");
        let delete = secrets.delete_secret().secret_id(name).recovery_window_in_days(7);
        assert_eq!(delete.send().await.is_ok(), allowed, "{name}");
    }
}
