//! Whose a certificate in ACM is.

use crate::certificate_sync::ownership::{
    CERTIFICATE, CERTIFICATE_SYNC, DRAWBRIDGE, MANAGED_BY, NAME, Owner, owner,
};
use crate::id::{CertificateSlotId, CertificateSyncId};

#[test]
fn only_the_syncs_own_tag_makes_a_certificate_the_syncs() {
    let (this, other, slot) =
        (CertificateSyncId::random(), CertificateSyncId::random(), CertificateSlotId::random());
    let asked = |tags: &[(&str, &str)]| owner(this, tags.iter().copied());
    let (own, id) = (this.to_string(), slot.to_string());
    assert_eq!(
        asked(&[(MANAGED_BY, DRAWBRIDGE), (CERTIFICATE_SYNC, &own), (CERTIFICATE, &id)]),
        Owner::This(Some(slot))
    );
    assert_eq!(asked(&[(CERTIFICATE, &id), (CERTIFICATE_SYNC, &own)]), Owner::This(Some(slot)));
    assert_eq!(asked(&[(CERTIFICATE_SYNC, &own), (CERTIFICATE, "x")]), Owner::This(None));
    assert_eq!(
        asked(&[(CERTIFICATE_SYNC, &other.to_string()), (CERTIFICATE, &id)]),
        Owner::Another(Some(other))
    );
    assert_eq!(asked(&[(CERTIFICATE_SYNC, "")]), Owner::Another(None));
    assert_eq!(asked(&[(MANAGED_BY, DRAWBRIDGE), (NAME, "web"), (CERTIFICATE, &id)]), Owner::Nobody);
    assert_eq!(asked(&[("Drawbridge:certificate-sync", &own)]), Owner::Nobody);
}
