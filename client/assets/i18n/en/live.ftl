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
live-record-cancel = Do not record
live-record-asked = { $name } is asked whether it may be recorded.
live-record-declined = { $name } does not wish to be recorded.
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
truth-small-share = The share of the room's bandwidth does not allow the highest resolution.
truth-lags = Pictures come { $ms } ms later than to the others.
truth-lag = Shown after capture, and the class
truth-round-trip = Round trip
truth-missing = Lost and left out
truth-repaired = Repaired, and by parity
truth-waiting = Pictures that wait
truth-rung = Resolution
truth-busy = Decoding, of one processor
truth-way = Transport
live-end-gone = The connection to the class has ended. Join again.
live-error-gone = It does not run any more. Choose something else above the catalogue.
live-error-empty = It has neither pictures nor sound that could be shown here.
live-error-thread = This machine cannot start another thread ({ $said }). Close other programs and open it again.
