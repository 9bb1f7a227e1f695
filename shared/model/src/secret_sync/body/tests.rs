#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};

use super::*;
use crate::form::{self, Issues, ReadWith};
use crate::id::{EnvironmentId, FolderId, OrganizationId, ProjectId, SecretSyncId};
use crate::secret_sync::{InitialSyncBehavior, KeySchema, Mapping, Tag};

use Destination::{AwsParameterStore, AwsSecretsManager};

/// The body that Terraform sends for AWS Secrets Manager.
fn secrets_manager() -> Value {
    json!({
        "name": "my-sync", "projectId": "33333333-3333-4333-8333-333333333333", "description": "",
        "connectionId": "11111111-1111-4111-8111-111111111111", "environment": "dev", "secretPath": "/",
        "isAutoSyncEnabled": true,
        "syncOptions": {
            "initialSyncBehavior": "overwrite-destination", "disableSecretDeletion": false,
            "syncSecretMetadataAsTags": false, "keySchema": ""
        },
        "destinationConfig": { "region": "us-east-1", "mappingBehavior": "many-to-one", "secretName": "app/prod" }
    })
}

fn parameter_store() -> Value {
    let mut body = secrets_manager();
    body["destinationConfig"] = json!({ "region": "eu-west-1", "path": "/app/prod/" });
    body
}

fn with(mut body: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    body.pointer_mut(parent).unwrap()[name] = value;
    body
}

fn without(mut body: Value, pointer: &str) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    body.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name).unwrap();
    body
}

fn create(destination: Destination, body: &Value) -> Result<Create, Vec<String>> {
    form::read(body, |form| Create::read_with(form, destination)).map_err(|issues| paths(&issues))
}

/// `syncOptions.tags.0.key`, for each issue.
fn paths(issues: &Issues) -> Vec<String> {
    let listed = serde_json::to_value(issues).unwrap();
    let path = |issue: &Value| {
        let segment = |segment: &Value| segment.as_str().map_or_else(|| segment.to_string(), str::to_owned);
        issue["path"].as_array().unwrap().iter().map(segment).collect::<Vec<_>>().join(".")
    };
    listed.as_array().unwrap().iter().map(path).collect()
}

fn sync(destination: Destination, body: &Value) -> SecretSync {
    let create = create(destination, body).unwrap();
    SecretSync {
        id: SecretSyncId::random(),
        organization_id: OrganizationId::random(),
        project_id: ProjectId::random(),
        name: create.name,
        description: create.description,
        connection_id: create.connection_id,
        environment_id: EnvironmentId::random(),
        folder_id: FolderId::random(),
        is_auto_sync_enabled: create.is_auto_sync_enabled,
        destination: create.destination,
        options: create.options,
        created_by: "user:a".into(),
    }
}

fn update(sync: &SecretSync, body: &Value) -> Result<SecretSync, Vec<String>> {
    form::read(body, |form| Update::read_with(form, Present::of(sync)))
        .map(|update| update.onto(sync))
        .map_err(|issues| paths(&issues))
}

#[test]
fn what_terraform_sends_is_accepted_as_it_is() {
    let read = create(AwsSecretsManager, &secrets_manager()).unwrap();
    assert_eq!(read.description.as_deref(), Some(""));
    assert_eq!((read.environment.as_str(), read.secret_path.as_str()), ("dev", "/"));
    let mapping = Mapping::ManyToOne { secret_name: "app/prod".into() };
    let region = "us-east-1".parse().unwrap();
    assert_eq!(read.destination, DestinationConfig::AwsSecretsManager { region, mapping });
    assert_eq!(read.options.key_schema, Some(KeySchema::parse("").unwrap()));
    assert_eq!(read.options.disable_secret_deletion, Some(false));
    assert_eq!(read.options.sync_secret_metadata_as_tags, Some(false));
    assert_eq!((&read.options.tags, &read.options.key_id, read.options.recursive), (&None, &None, None));

    let read = create(AwsParameterStore, &parameter_store()).unwrap();
    let (region, path) = ("eu-west-1".parse().unwrap(), "/app/prod/".to_owned());
    assert_eq!(read.destination, DestinationConfig::AwsParameterStore { region, path });
}

#[test]
fn an_empty_secret_name_means_nothing_where_each_key_is_a_secret() {
    let body = with(secrets_manager(), "/destinationConfig/mappingBehavior", json!("one-to-one"));
    for name in [json!(""), json!(null), json!(7), json!("not a name!")] {
        let read =
            create(AwsSecretsManager, &with(body.clone(), "/destinationConfig/secretName", name)).unwrap();
        assert!(matches!(
            read.destination,
            DestinationConfig::AwsSecretsManager { mapping: Mapping::OneToOne, .. }
        ));
    }
    let body = with(secrets_manager(), "/destinationConfig/secretName", json!(""));
    assert_eq!(create(AwsSecretsManager, &body), Err(vec!["destinationConfig.secretName".into()]));
}

#[test]
fn what_is_left_out_has_its_default_or_stays_absent() {
    let mut body = without(secrets_manager(), "/isAutoSyncEnabled");
    body = without(body, "/description");
    body["syncOptions"] = json!({ "initialSyncBehavior": "import-prioritize-source" });
    let read = create(AwsSecretsManager, &body).unwrap();
    assert!(read.is_auto_sync_enabled);
    assert_eq!(read.description, None);
    assert_eq!(read.options, SyncOptions::new(InitialSyncBehavior::ImportPrioritizeSource));
    let body = with(with(body, "/isAutoSyncEnabled", json!(false)), "/description", json!(null));
    let read = create(AwsSecretsManager, &body).unwrap();
    assert_eq!((read.is_auto_sync_enabled, read.description), (false, None));
}

#[test]
fn every_broken_rule_is_told_at_once_with_its_path() {
    let body = json!({
        "name": "My Sync", "description": "x".repeat(257), "connectionId": "nope", "environment": "Prod!",
        "secretPath": " ", "isAutoSyncEnabled": "yes",
        "syncOptions": { "keySchema": "{{key}}", "recursive": 1, "keyId": "", "tags": [{"value": "v"}], "driftCheckIntervalHours": 721 },
        "destinationConfig": { "region": "us-esat-1", "path": "app" }
    });
    assert_eq!(
        create(AwsParameterStore, &body).unwrap_err(),
        [
            "name",
            "projectId",
            "description",
            "connectionId",
            "environment",
            "secretPath",
            "isAutoSyncEnabled",
            "destinationConfig.region",
            "destinationConfig.path",
            "syncOptions.initialSyncBehavior",
            "syncOptions.keySchema",
            "syncOptions.keySchema",
            "syncOptions.recursive",
            "syncOptions.keyId",
            "syncOptions.tags.0.key",
            "syncOptions.driftCheckIntervalHours",
        ]
    );
    assert_eq!(
        create(AwsSecretsManager, &json!({})).unwrap_err(),
        [
            "name",
            "projectId",
            "connectionId",
            "environment",
            "secretPath",
            "destinationConfig",
            "syncOptions"
        ]
    );
}

#[test]
fn each_rule_of_the_fields_holds_at_its_edge() {
    let long = |length: usize| "a".repeat(length);
    let tags =
        |count: usize| (0..count).map(|n| json!({ "key": format!("k{n}"), "value": "" })).collect::<Vec<_>>();
    for (destination, pointer, good, bad) in [
        (
            AwsSecretsManager,
            "/name",
            vec![json!(long(256)), json!("a"), json!(" a ")],
            vec![json!(long(257)), json!(""), json!("A"), json!("a--b")],
        ),
        (AwsSecretsManager, "/description", vec![json!(long(256))], vec![json!(long(257)), json!(1)]),
        (AwsSecretsManager, "/projectId", vec![json!("not-a-uuid")], vec![json!(""), json!(null)]),
        (AwsSecretsManager, "/environment", vec![json!(long(64))], vec![json!(long(65)), json!("")]),
        (AwsSecretsManager, "/secretPath", vec![json!("/a/b/"), json!("a")], vec![json!(""), json!(null)]),
        (AwsSecretsManager, "/isAutoSyncEnabled", vec![json!(false)], vec![json!(null), json!(0)]),
        (
            AwsSecretsManager,
            "/destinationConfig/region",
            vec![json!("cn-north-1"), json!("ca-west-1")],
            vec![json!("us-east-1a"), json!("")],
        ),
        (
            AwsSecretsManager,
            "/destinationConfig/mappingBehavior",
            vec![json!("one-to-one")],
            vec![json!("one"), json!(null)],
        ),
        (
            AwsSecretsManager,
            "/destinationConfig/secretName",
            vec![json!(long(256)), json!("a/_+=.@-9Z")],
            vec![json!(long(257)), json!("a b"), json!("a:b"), json!("ä"), json!("")],
        ),
        (
            AwsParameterStore,
            "/destinationConfig/path",
            vec![json!("/"), json!("/a-_9/B/"), json!(" /a/ ")],
            vec![
                json!("/a"),
                json!("a/"),
                json!("//"),
                json!("/a//b/"),
                json!("/a.b/"),
                json!(""),
                json!(format!("/{}/", long(2_047))),
            ],
        ),
        (
            AwsSecretsManager,
            "/syncOptions/initialSyncBehavior",
            vec![json!("import-prioritize-destination")],
            vec![json!("overwrite"), json!(null)],
        ),
        (
            AwsSecretsManager,
            "/syncOptions/keySchema",
            vec![json!("/a/{{secretKey}}/{{environment}}_b-"), json!("")],
            vec![
                json!("a"),
                json!("{{ secretKey }}"),
                json!("a.{{secretKey}}"),
                json!("{{secretKey}}{{secretKey}}"),
                json!(null),
            ],
        ),
        (
            AwsParameterStore,
            "/syncOptions/keySchema",
            vec![json!("a/b/{{secretKey}}-c"), json!("")],
            vec![json!("/a/{{secretKey}}"), json!("{{secretKey}}/a"), json!("{{environment}}")],
        ),
        (
            AwsSecretsManager,
            "/syncOptions/keyId",
            vec![json!(long(256)), json!("arn:aws:kms:us-east-1:1:key/a_b-9")],
            vec![json!(long(257)), json!(""), json!("a b"), json!(null)],
        ),
        (
            AwsSecretsManager,
            "/syncOptions/tags",
            vec![json!([]), json!(tags(48)), json!([{ "key": long(128), "value": "Zoë 1 ._:/=+-@" }])],
            vec![json!(tags(49)), json!(null), json!("a"), json!([1])],
        ),
        (
            AwsSecretsManager,
            "/syncOptions/disableSecretDeletion",
            vec![json!(true)],
            vec![json!("true"), json!(null)],
        ),
        (
            AwsSecretsManager,
            "/syncOptions/recoveryWindowDays",
            vec![json!(7), json!(30), json!(null)],
            vec![json!(6), json!(31), json!("7")],
        ),
        (
            AwsSecretsManager,
            "/syncOptions/driftCheckIntervalHours",
            vec![json!(0), json!(720), json!(null)],
            vec![json!(721), json!(-1), json!(0.5)],
        ),
        (
            AwsSecretsManager,
            "/syncOptions/disableDeletionGuard",
            vec![json!(true), json!(null)],
            vec![json!("yes")],
        ),
    ] {
        let base = match destination {
            AwsSecretsManager => secrets_manager(),
            AwsParameterStore => parameter_store(),
        };
        for value in good {
            let read = create(destination, &with(base.clone(), pointer, value.clone()));
            assert!(read.is_ok(), "{pointer} {value}: {read:?}");
        }
        for value in bad {
            let broken = create(destination, &with(base.clone(), pointer, value.clone())).unwrap_err();
            let field = pointer[1..].replace('/', ".");
            assert!(
                !broken.is_empty() && broken.iter().all(|path| path.starts_with(&field)),
                "{pointer} {value}: {broken:?}"
            );
        }
    }
}

#[test]
fn rules_between_fields_are_told_where_clients_expect_them() {
    let recursive = with(secrets_manager(), "/syncOptions/recursive", json!(true));
    assert!(create(AwsSecretsManager, &recursive).is_ok());
    let import =
        with(recursive.clone(), "/syncOptions/initialSyncBehavior", json!("import-prioritize-source"));
    assert_eq!(create(AwsSecretsManager, &import), Err(vec!["syncOptions.recursive".into()]));
    assert!(create(AwsSecretsManager, &with(import, "/syncOptions/recursive", json!(false))).is_ok());

    let metadata = with(secrets_manager(), "/syncOptions/syncSecretMetadataAsTags", json!(true));
    assert_eq!(
        create(AwsSecretsManager, &metadata),
        Err(vec!["syncOptions.syncSecretMetadataAsTags".into()])
    );
    let one = with(metadata, "/destinationConfig/mappingBehavior", json!("one-to-one"));
    assert!(create(AwsSecretsManager, &one).is_ok());
    let metadata = with(parameter_store(), "/syncOptions/syncSecretMetadataAsTags", json!(true));
    assert!(create(AwsParameterStore, &metadata).is_ok());
}

#[test]
fn tags_are_unique_and_never_aws_s_or_ours() {
    for (tags, path) in [
        (json!([{ "key": "a", "value": "1" }, { "key": "a", "value": "2" }]), "syncOptions.tags"),
        (json!([{ "key": "ok", "value": "" }, { "key": "aws:x", "value": "" }]), "syncOptions.tags.1.key"),
        (json!([{ "key": "AWS:x", "value": "" }]), "syncOptions.tags.0.key"),
        (json!([{ "key": "drawbridge:secret-sync", "value": "" }]), "syncOptions.tags.0.key"),
        (json!([{ "key": "", "value": "" }]), "syncOptions.tags.0.key"),
        (json!([{ "key": "a", "value": "b#" }]), "syncOptions.tags.0.value"),
        (json!([{ "key": "a" }]), "syncOptions.tags.0.value"),
    ] {
        let body = with(secrets_manager(), "/syncOptions/tags", tags.clone());
        assert_eq!(create(AwsSecretsManager, &body), Err(vec![path.to_owned()]), "{tags}");
    }
    let body = with(
        secrets_manager(),
        "/syncOptions/tags",
        json!([{ "key": "a", "value": "" }, { "key": "A", "value": "" }]),
    );
    assert_eq!(create(AwsSecretsManager, &body).unwrap().options.tags.unwrap().len(), 2);
}

#[test]
fn a_change_replaces_what_it_names_and_leaves_the_rest() {
    let before = sync(AwsSecretsManager, &secrets_manager());
    assert_eq!(update(&before, &json!({})), Ok(before.clone()));
    // As Terraform sends it: with the project, which is ignored, and without auto-sync when it is false.
    let after = update(&before, &json!({
        "projectId": 7, "name": "other", "description": null, "environment": "dev", "secretPath": "/",
        "connectionId": "22222222-2222-4222-8222-222222222222", "isAutoSyncEnabled": false,
        "syncOptions": { "initialSyncBehavior": "overwrite-destination", "tags": [{ "key": "a", "value": "b" }] },
        "destinationConfig": { "region": "us-west-2", "mappingBehavior": "one-to-one", "secretName": "" }
    }))
    .unwrap();
    assert_eq!(
        (after.name.as_str(), &after.description, after.is_auto_sync_enabled),
        ("other", &None, false)
    );
    assert_eq!(after.options.key_schema, None, "options are replaced as a whole");
    assert_eq!(after.options.tags, Some(vec![Tag { key: "a".into(), value: "b".into() }]));
    assert!(before.moves_to(&after));
    assert!(!before.moves_to(&SecretSync { name: "x".into(), ..before.clone() }));
    for (body, path) in [
        (json!({ "syncOptions": {} }), "syncOptions.initialSyncBehavior"),
        (json!({ "syncOptions": null }), "syncOptions"),
        (json!({ "destinationConfig": { "region": "us-east-1" } }), "destinationConfig.mappingBehavior"),
        (json!({ "name": null }), "name"),
        (json!({ "connectionId": "x" }), "connectionId"),
        (json!({ "environment": "" }), "environment"),
    ] {
        assert_eq!(update(&before, &body), Err(vec![path.to_owned()]), "{body}");
    }
}

#[test]
fn options_that_only_we_have_survive_a_change_by_a_client_that_does_not_know_them() {
    let mut body = secrets_manager();
    body["syncOptions"]["disableDeletionGuard"] = json!(true);
    body["syncOptions"]["recoveryWindowDays"] = json!(7);
    body["syncOptions"]["driftCheckIntervalHours"] = json!(0);
    let before = sync(AwsSecretsManager, &body);
    let terraform = json!({ "syncOptions": { "initialSyncBehavior": "overwrite-destination" } });
    let after = update(&before, &terraform).unwrap().options;
    assert_eq!(
        (after.guards_deletion(), after.recovery_window_days(), after.drift_check_interval_hours),
        (false, 7, Some(0))
    );
    let null = json!({ "syncOptions": {
        "initialSyncBehavior": "overwrite-destination", "disableDeletionGuard": null, "recoveryWindowDays": null,
        "driftCheckIntervalHours": null } });
    assert_eq!(
        update(&before, &null).unwrap().options,
        SyncOptions::new(InitialSyncBehavior::OverwriteDestination)
    );
}

#[test]
fn a_change_of_one_half_keeps_the_rule_between_mapping_and_metadata() {
    let mut body = with(secrets_manager(), "/destinationConfig/mappingBehavior", json!("one-to-one"));
    body["syncOptions"]["syncSecretMetadataAsTags"] = json!(true);
    let one = sync(AwsSecretsManager, &body);
    let to_many = json!({ "destinationConfig": { "region": "us-east-1", "mappingBehavior": "many-to-one", "secretName": "a" } });
    assert_eq!(update(&one, &to_many), Err(vec!["destinationConfig".into()]));
    let many = sync(AwsSecretsManager, &secrets_manager());
    let metadata = json!({ "syncOptions": { "initialSyncBehavior": "overwrite-destination", "syncSecretMetadataAsTags": true } });
    assert_eq!(update(&many, &metadata), Err(vec!["syncOptions.syncSecretMetadataAsTags".into()]));
}

#[test]
fn a_question_about_a_destination_needs_the_place_and_the_project() {
    let ask = |body: Value| {
        form::read(&body, |form| CheckDestination::read_with(form, AwsSecretsManager))
            .map_err(|issues| paths(&issues))
    };
    let project = "33333333-3333-4333-8333-333333333333";
    let asked = ask(json!({ "destinationConfig": { "region": "us-east-1", "mappingBehavior": "one-to-one", "secretName": "" },
        "excludeSyncId": null, "projectId": project }))
    .unwrap();
    assert_eq!((asked.exclude_sync_id, asked.key_schema, asked.connection_id), (None, None, None));
    assert_eq!(
        ask(json!({ "excludeSyncId": "x", "projectId": "y", "destinationConfig": [], "keySchema": "z" }))
            .unwrap_err(),
        ["destinationConfig", "keySchema", "excludeSyncId", "projectId"]
    );
}
