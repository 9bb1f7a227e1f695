//! Against a stand-in with AWS's rules: the order of a renewal, the documented permissions, and the sessions' own policies.

use std::sync::Arc;

use placement::acm::{Deleted, Material};
use placement::load_balancer::Changed;
use placement::{AcmDeed, BalancerDeed, Pace, Placements, Quotas};
use secrecy::SecretString;
use testkit::fleet::documented::LOAD_BALANCER;
use testkit::fleet::{Fleet, Made, Maker};
use testkit::pki::CaKey;

use crate::aws::{Ticking, at, connection, placements, region, simulated};

const REGION: &str = "eu-west-1";
const HOST: &str = "www.example.com";

struct World {
    fleet: Fleet,
    placements: Placements,
    maker: Maker,
}

impl World {
    fn new(clock: &testkit::clock::SimulatedClock) -> Self {
        let fleet = Fleet::on(testkit::now);
        let pace = Pace::on(Arc::new(Ticking(clock.clone())), Quotas { are_off: true, processes: 1 });
        let placements = placements(&fleet.config(), pace);
        Self { fleet, placements, maker: Maker::at(testkit::now()) }
    }

    async fn acm(&self, deed: AcmDeed<'_>) -> placement::Acm {
        self.placements.acm(&connection(), &region(), deed, at()).await.unwrap()
    }

    async fn balancers(&self, listeners: &[&str]) -> placement::LoadBalancers {
        let listeners: Vec<_> = listeners.iter().map(|arn| arn.parse().unwrap()).collect();
        let deed = BalancerDeed::Change(&listeners);
        self.placements.load_balancers(&connection(), &region(), deed, at()).await.unwrap()
    }

    async fn import(&self, made: &Made, tags: &[(&str, &str)]) -> Result<String, placement::Error> {
        let key = SecretString::from(made.key.clone());
        self.acm(AcmDeed::Import).await.import(&of(made, &key), tags).await
    }

    async fn replace(&self, arn: &str, made: &Made) -> Result<(), placement::Error> {
        let key = SecretString::from(made.key.clone());
        self.acm(AcmDeed::Replace(&[arn])).await.replace(arn, &of(made, &key)).await
    }
}

fn of<'m>(made: &'m Made, key: &'m SecretString) -> Material<'m> {
    Material { certificate: &made.certificate, chain: Some(&made.chain), key }
}

#[test]
fn the_documented_permissions_suffice_for_a_renewal_that_nobody_notices() {
    simulated(async |clock| {
        let world = World::new(&clock);
        let fleet = &world.fleet;
        fleet.allow_only(&LOAD_BALANCER);
        let foreign = fleet.put_certificate(REGION, &world.maker.make(&["foreign.example.com"]), &[]);
        let balancer = fleet.put_balancer(REGION, "application", "web");
        let listener = fleet.put_listener(&balancer, "HTTPS", 443, Some(&foreign));
        fleet.set_release_time(std::time::Duration::from_secs(60));

        let (first, second) = (world.maker.make(&[HOST]), world.maker.make(&[HOST]));
        let old = world.import(&first, &[]).await.unwrap();
        let balancers = world.balancers(&[&listener]).await;
        let told = &balancers.listeners(&balancer).await.unwrap()[0];
        assert_eq!((told.port, told.default.as_deref()), (443, Some(foreign.as_str())));
        assert_eq!(balancers.add(&listener, &old).await.unwrap(), Changed::Now);
        assert_eq!(balancers.set_default(&listener, &old).await.unwrap(), Changed::Now);

        let new = world.import(&second, &[]).await.unwrap();
        assert_eq!(balancers.add(&listener, &new).await.unwrap(), Changed::Now);
        assert_eq!(balancers.set_default(&listener, &new).await.unwrap(), Changed::Now);
        balancers.remove(&listener, &old).await.unwrap();
        let on = balancers.certificates(&listener).await.unwrap();
        assert_eq!((on.default.as_deref(), on.others.len()), (Some(new.as_str()), 1));
        assert!(fleet.gaps(&listener, HOST).is_empty());
        assert_eq!(fleet.serves(&listener, Some(HOST)).unwrap().fingerprint, second.fingerprint);

        // The load balancer lets go a little later.
        let acm = world.acm(AcmDeed::Delete(&[old.as_str()])).await;
        assert!(matches!(acm.delete(&old).await.unwrap(), Deleted::InUse(_)));
        assert_eq!(acm.describe(&old).await.unwrap().unwrap().in_use_by, [balancer]);
    });
}

#[test]
fn removing_first_is_an_outage_that_the_history_shows() {
    simulated(async |clock| {
        let world = World::new(&clock);
        let foreign = world.fleet.put_certificate(REGION, &world.maker.make(&["foreign.example.com"]), &[]);
        let balancer = world.fleet.put_balancer(REGION, "network", "tls");
        let listener = world.fleet.put_listener(&balancer, "TLS", 853, Some(&foreign));
        let old = world.import(&world.maker.make(&[HOST]), &[]).await.unwrap();
        let balancers = world.balancers(&[&listener]).await;
        balancers.add(&listener, &old).await.unwrap();
        balancers.remove(&listener, &old).await.unwrap();
        let new = world.import(&world.maker.make(&[HOST]), &[]).await.unwrap();
        balancers.add(&listener, &new).await.unwrap();
        let gaps = world.fleet.gaps(&listener, HOST);
        assert_eq!(gaps.len(), 1);
        assert_eq!(gaps[0].by, "elasticloadbalancing:RemoveListenerCertificates");
        assert!(balancers.remove(&listener, &foreign).await.is_err(), "a default is not removed");
    });
}

#[test]
fn a_certificate_keeps_its_arn_and_tags_through_a_renewal_but_not_through_another_key() {
    simulated(async |clock| {
        let world = World::new(&clock);
        let maker = &world.maker;
        let arn = world.import(&maker.make(&[HOST]), &[("a", "1")]).await.unwrap();
        let next = maker.make(&[HOST]);
        world.replace(&arn, &next).await.unwrap();
        let kept = world.fleet.certificate(&arn).unwrap();
        assert_eq!((&kept.fingerprint, kept.imports), (&next.fingerprint, 2));
        assert_eq!(kept.tags.get("a").map(String::as_str), Some("1"));
        let (from, until) = (next.not_before, next.not_after);
        let other = maker.make_of(&[HOST], CaKey::EcP384, from, until);
        let refused = world.replace(&arn, &other).await.unwrap_err();
        assert!(refused.to_string().contains("EC_prime256v1, not EC_secp384r1"), "{refused}");
        // The list has EC keys as well, and knows what was imported when.
        let listed = world.acm(AcmDeed::Look).await.list().await.unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].not_after, Some(next.not_after));
        let tags = world.acm(AcmDeed::Look).await.tags(&arn).await.unwrap().unwrap();
        assert_eq!(tags.len(), 1);
    });
}

#[test]
fn what_may_not_be_tagged_may_be_imported_without_tags() {
    simulated(async |clock| {
        let world = World::new(&clock);
        world.fleet.deny("acm:AddTagsToCertificate");
        let made = world.maker.make(&[HOST]);
        let refused = world.import(&made, &[("a", "1")]).await.unwrap_err();
        assert!(refused.to_string().contains("acm:AddTagsToCertificate"), "{refused}");
        assert!(world.fleet.certificates().is_empty());
        let arn = world.import(&made, &[]).await.unwrap();
        let acm = world.acm(AcmDeed::Replace(&[arn.as_str()])).await;
        assert!(acm.add_tags(&arn, &[("a", "1")]).await.is_err());
    });
}

#[test]
fn a_session_for_one_certificate_or_listener_reaches_no_other() {
    simulated(async |clock| {
        let world = World::new(&clock);
        let fleet = &world.fleet;
        let [ours, other] = [(); 2].map(|()| fleet.put_certificate(REGION, &world.maker.make(&[HOST]), &[]));
        let acm = world.acm(AcmDeed::Delete(&[ours.as_str()])).await;
        let refused = acm.delete(&other).await.unwrap_err();
        assert!(refused.to_string().contains("no session policy allows"), "{refused}");
        assert_eq!(acm.delete(&ours).await.unwrap(), Deleted::Now);
        let balancer = fleet.put_balancer(REGION, "application", "web");
        let [mine, theirs] =
            [443, 8443].map(|port| fleet.put_listener(&balancer, "HTTPS", port, Some(&other)));
        let balancers = world.balancers(&[&mine]).await;
        assert!(
            balancers.set_default(&theirs, &other).await.unwrap_err().to_string().contains("session policy")
        );
        balancers.set_default(&mine, &other).await.unwrap();
    });
}

#[test]
fn a_load_balancer_has_room_for_twenty_five_over_all_its_listeners() {
    simulated(async |clock| {
        let world = World::new(&clock);
        let fleet = &world.fleet;
        let default = fleet.put_certificate(REGION, &world.maker.make(&["default.example.com"]), &[]);
        let balancer = fleet.put_balancer(REGION, "application", "web");
        let [first, second] =
            [443, 8443].map(|port| fleet.put_listener(&balancer, "HTTPS", port, Some(&default)));
        let balancers = world.balancers(&[&first, &second]).await;
        let arns: Vec<_> =
            (0..13).map(|_| fleet.put_certificate(REGION, &world.maker.make(&[HOST]), &[])).collect();
        for (number, arn) in arns.iter().chain(&arns).enumerate() {
            let listener = if number < 13 { &first } else { &second };
            let changed = balancers.add(listener, arn).await.unwrap();
            assert_eq!(matches!(changed, Changed::Full(_)), number == 25, "{number}: {changed:?}");
        }
        // One that is there already needs no room, and a default none at all.
        assert_eq!(balancers.add(&first, &arns[0]).await.unwrap(), Changed::Now);
        assert_eq!(balancers.set_default(&second, &arns[12]).await.unwrap(), Changed::Now);
    });
}

#[test]
fn certificates_of_another_region_or_that_are_not_issued_yet_are_not_attached() {
    simulated(async |clock| {
        let world = World::new(&clock);
        let fleet = &world.fleet;
        let abroad = fleet.put_certificate("us-east-1", &world.maker.make(&[HOST]), &[]);
        let here = fleet.put_certificate(REGION, &world.maker.make(&[HOST]), &[]);
        let balancer = fleet.put_balancer(REGION, "application", "web");
        let listener = fleet.put_listener(&balancer, "HTTPS", 443, Some(&here));
        let balancers = world.balancers(&[&listener]).await;
        assert!(matches!(balancers.add(&listener, &abroad).await.unwrap(), Changed::NoCertificate(_)));
        fleet.set_settling_time(std::time::Duration::from_secs(5));
        assert!(matches!(balancers.add(&listener, &here).await.unwrap(), Changed::NoCertificate(_)));
        let elsewhere = fleet.put_balancer("us-east-1", "application", "web");
        assert_eq!(balancers.one(&elsewhere).await.unwrap(), None);
        let plain = fleet.put_listener(&balancer, "HTTP", 80, None);
        let refused = world.balancers(&[&plain]).await.add(&plain, &here).await.unwrap_err();
        assert!(refused.to_string().contains("cannot be specified for HTTP"), "{refused}");
    });
}
