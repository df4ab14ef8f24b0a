/* In the frame of the sign-in dialog: tells the story form around it that somebody signed in. */

new BroadcastChannel("desk-session").postMessage("signed-in")
