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
live-over = Not live any more
live-over-hint = Whoever showed this has ended it. What runs now stands above the catalogue.
live-failed = It cannot be shown any more: { $why }
