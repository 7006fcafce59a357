# Live-Übertragungen.
live-badge = LIVE
live-camera = Kamera
live-screen = Bildschirm
live-microphone = Mikrofon
live-podcast = Podcast
live-pattern = Testbild
live-file = Datei
live-watch = { $name } von { $by } live ansehen
live-lag = { $ms } ms verzögert
live-udp = UDP
live-tcp = TCP
live-listening = Sie hören es live.
live-over = Nicht mehr live
live-over-hint = Die Übertragung wurde beendet. Was jetzt läuft, steht über dem Katalog.
live-failed = Sie kann nicht weiter gezeigt werden: { $why }
