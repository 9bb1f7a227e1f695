//! Whole flows against the running system: the real template, the real functions, stand-ins for AWS.

mod main_job;
