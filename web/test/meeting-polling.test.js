// The meetings of meeting.test.js where the network refuses every WebSocket: polling carries them from beginning to end.

process.env.PARLOUR_TEST_CARRIER = "polling";
await import("./meeting.test.js");
