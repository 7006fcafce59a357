# Live streams.
live-badge = LIVE
live-camera = Camera
live-screen = Screen
live-microphone = Microphone
live-podcast = Podcast
live-pattern = Test pattern
live-file = File
live-watch = Watch { $name } by { $by }, live
live-lag = { $ms } ms behind
live-udp = UDP
live-tcp = TCP
live-listening = You hear it live.
live-recorded = REC
live-record = Record
live-record-stop = Stop recording
live-over = Not live any more
live-over-hint = Whoever showed this has ended it. What runs now stands above the catalogue.
live-failed = It cannot be shown any more: { $why }

# How those fare who watch live.
truth-soon = It is measured…
truth-well = All is well.
truth-all-well = { $n ->
    [one] One watches live, all is well
   *[other] { $n } watch live, all is well
}
truth-some = { $n } watch live, { $troubled } with trouble
truth-lost = The line lost { $percent } % of the pictures.
truth-slow-line = The line does not carry the highest resolution.
truth-slow-machine = The machine cannot decode the highest resolution.
truth-lags = Pictures come { $ms } ms later than to the others.
truth-lag = Shown after capture, and the class
truth-round-trip = Round trip
truth-missing = Lost and left out
truth-repaired = Repaired
truth-waiting = Pictures that wait
truth-rung = Resolution
truth-busy = Decoding, of one processor
truth-way = Transport
