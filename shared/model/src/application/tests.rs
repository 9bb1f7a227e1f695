#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};

use super::body::{Create, ProfileIds, Update};
use super::view::{ApiSet, Attached, Enrollment, View};
use super::*;
use crate::Timestamp;
use crate::form;
use crate::form::Read;

fn application() -> Application {
    Application {
        id: ApplicationId::random(),
        organization_id: OrganizationId::random(),
        project_id: ProjectId::random(),
        name: "Web servers".to_owned(),
        description: Some(String::new()),
        profiles: 1,
        certificate_syncs: 0,
        created_by: "user:a".to_owned(),
    }
}

fn profile(application: &Application, api: Option<ApiEnrollment>) -> ApplicationProfile {
    ApplicationProfile {
        application_id: application.id,
        profile_id: CertificateProfileId::random(),
        project_id: application.project_id,
        api,
    }
}

#[test]
fn bodies_name_profiles_each_once() {
    let one = "11111111-1111-4111-8111-111111111111";
    let create = json!({ "name": " Web ", "profileIds": [one, one] });
    let create = form::read(&create, Create::read).unwrap();
    assert_eq!((create.name.as_str(), create.profile_ids.len()), ("Web", 1));
    assert_eq!(form::read(&json!({ "name": "a" }), Create::read).unwrap().profile_ids, []);
    assert_eq!(form::read(&json!({ "profileIds": [one, one] }), ProfileIds::read).unwrap().0.len(), 1);
    for body in [json!({}), json!({ "profileIds": [] }), json!({ "profileIds": ["x"] })] {
        assert!(form::read(&body, ProfileIds::read).is_err(), "{body}");
    }
    for body in [json!({}), json!({ "name": " " }), json!({ "name": "a", "profileIds": vec![one; 41] })] {
        assert!(form::read(&body, Create::read).is_err(), "{body}");
    }
}

#[test]
fn a_change_leaves_what_it_does_not_name() {
    let read = application();
    let change = |body: Value| form::read(&body, Update::read).unwrap().onto(&read);
    assert_eq!(change(json!({})), read);
    let next = change(json!({ "name": "other", "description": null }));
    assert_eq!((next.name.as_str(), next.description, next.id), ("other", None, read.id));
}

#[test]
fn the_wire_forms_have_every_key() {
    let at = Timestamp::from_unix_seconds(0);
    let application = application();
    let expected = json!({
        "id": application.id, "projectId": application.project_id, "name": "Web servers", "description": "",
        "createdAt": at, "updatedAt": at,
    });
    assert_eq!(serde_json::to_value(View::new(application.clone(), (at, at))).unwrap(), expected);
    let settings = ApiSettings { auto_renew: true, renew_before_days: Some(20) };
    let api = ApiEnrollment::with(None, settings);
    let (bare, set) = (profile(&application, None), profile(&application, Some(api)));
    let attached = |profile| Attached::new(profile, ("web".to_owned(), None), (at, at));
    let expected = json!({
        "applicationId": application.id, "profileId": set.profile_id, "profileSlug": "web",
        "profileDescription": null, "estConfigId": null, "apiConfigId": api.id, "acmeConfigId": null,
        "scepConfigId": null, "createdAt": at, "updatedAt": at,
    });
    assert_eq!(serde_json::to_value(attached(&set)).unwrap(), expected);
    assert_eq!(serde_json::to_value(attached(&bare)).unwrap()["apiConfigId"], Value::Null);
    let shown = json!({ "id": api.id, "autoRenew": true, "renewBeforeDays": 20 });
    for (profile, api) in [(&bare, Value::Null), (&set, shown)] {
        let expected = json!({
            "applicationId": application.id, "profileId": profile.profile_id, "api": api, "est": null,
            "acme": null, "scep": null, "estConfigured": false, "acmeConfigured": false, "scepConfigured": false,
        });
        assert_eq!(serde_json::to_value(Enrollment::new(profile)).unwrap(), expected);
        let expected =
            json!({ "applicationId": application.id, "profileId": profile.profile_id, "api": api });
        assert_eq!(serde_json::to_value(ApiSet::new(profile)).unwrap(), expected);
    }
}

#[test]
fn settings_keep_their_id_and_read_back_from_their_stored_form() {
    let application = application();
    let first = ApiEnrollment::with(None, ApiSettings::default());
    let settings =
        form::read(&json!({ "autoRenew": true, "renewBeforeDays": 30 }), ApiSettings::read).unwrap();
    let next = ApiEnrollment::with(Some(first), settings);
    assert_eq!((next.id, next.settings.renew_before_days), (first.id, Some(30)));
    let stored = profile(&application, Some(next));
    let value = serde_json::to_value(&stored).unwrap();
    assert_eq!(serde_json::from_value::<ApplicationProfile>(value).unwrap(), stored);
    for days in [json!(0), json!(366), json!("7")] {
        assert!(form::read(&json!({ "renewBeforeDays": days }), ApiSettings::read).is_err(), "{days}");
    }
}
