//! The property that everything rests on: no AssumeRole leaves without the connection's External ID.

use model::id::ProjectId;
use proptest::prelude::*;

use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_assume_role_leaves_without_the_connections_external_id(
        in_project in any::<bool>(),
        legacy in any::<bool>(),
        endpoint in prop::sample::select(vec![
            None, Some("https://sts.amazonaws.com"), Some("https://sts-fips.us-east-1.amazonaws.com"),
            Some("https://vpce-1-a.sts.eu-west-1.vpce.amazonaws.com"),
        ]),
        role in "arn:aws(-cn|-us-gov)?:iam::[0-9]{12}:role/[a-z]{1,9}",
        region in prop::sample::select(vec![None, Some("us-east-2"), Some("cn-north-1")]),
        also_probed in any::<bool>(),
    ) {
        let scope = if in_project { Scope::Project(ProjectId::random()) } else { Scope::Organization };
        let connection = connection(scope, legacy, &role, endpoint);
        let expected = connection.external_id().to_string();
        let assumable = ConnectionRole::of(&connection).unwrap();
        let (access, calls) = access(|request| assumed(request, "2026-01-02T04:04:05Z"));
        let (policy, region) = (policy(), region.map(|name: &str| name.parse().unwrap()));
        let purpose = Purpose { region: region.as_ref(), policy: &policy, duration: SHORTEST_SESSION };
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            access.session(&assumable, &purpose, testkit::now()).await.unwrap();
            if also_probed {
                access.probe(&assumable).await;
            }
        });
        let (probes, jobs): (Vec<_>, Vec<_>) = calls
            .all()
            .into_iter()
            .partition(|call| call.parameter("RoleSessionName").as_deref() == Some("drawbridge-trust-probe"));
        prop_assert_eq!(jobs.len(), 1);
        for call in &jobs {
            prop_assert_eq!(call.parameter("ExternalId"), Some(expected.clone()));
        }
        // The probe alone may present something else, exactly twice.
        prop_assert_eq!(probes.len(), if also_probed { 3 } else { 0 });
        let right = probes.iter().filter(|call| call.parameter("ExternalId").as_ref() == Some(&expected)).count();
        prop_assert_eq!(right, usize::from(also_probed));
        prop_assert!(probes.iter().all(|call| call.parameter("RoleArn") == Some(role.clone())));
    }
}
