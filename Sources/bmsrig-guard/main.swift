import CLinuxPorts
import Guarding
import LinuxPorts

// The dead-man of a rig. Started by the controller with a socket as standard input; see the decision note on the guard.
// Nothing that ends other programs ends this one while it is armed: only its release does.
clp_ignore_stops()
// The controller must see at once that nobody guards it any more.
clp_crash_at_once()
// Not permitted everywhere, and a guard that may be swapped out or kept waiting is better than none.
_ = clp_stay_in_memory()
_ = clp_run_first()
do {
  try LinuxWorld.run(takesSignals: false) { world in await Sentry(world: world).stand() }
} catch {
  // No event loop, no guard: the controller sees the line end and refuses to energise.
}
