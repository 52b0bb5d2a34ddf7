//! What systemd is told (sd_notify(3)): that we serve, that we stop, that we live. Elsewhere nothing happens.

use std::time::Duration;

use sd_notify::NotifyState;

use crate::rooms::Rooms;

/// Everything listens.
pub(crate) fn ready() {
    tell(&[NotifyState::Ready]);
}

/// Stopping has begun, and may take so long.
pub(crate) fn stopping(grace: Duration) {
    // Twice the grace is the most that stopping takes; a little more, because the clock is not ours.
    let most = grace.saturating_mul(2) + Duration::from_secs(5);
    let micros = u32::try_from(most.as_micros()).unwrap_or(u32::MAX);
    tell(&[NotifyState::Stopping, NotifyState::ExtendTimeoutUsec(micros)]);
}

/// Feeds the watchdog, if the unit has one, for as long as the rooms answer.
pub(crate) async fn feed_watchdog(rooms: Rooms) {
    let Some(every) = sd_notify::watchdog_enabled() else {
        return;
    };
    loop {
        tokio::time::sleep(every / 3).await;
        if rooms.stats().is_some() {
            tell(&[NotifyState::Watchdog]);
        }
    }
}

fn tell(state: &[NotifyState<'_>]) {
    // Whoever started us may not be listening.
    let _ = sd_notify::notify(state);
}
