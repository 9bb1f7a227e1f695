//! The worker of certificate syncs: imports certificates into ACM, puts them onto listeners of load balancers, and takes
//! away what it brought.
