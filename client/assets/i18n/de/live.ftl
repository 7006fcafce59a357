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
live-recorded = AUFNAHME
live-record = Aufnehmen
live-record-stop = Aufnahme beenden
live-record-cancel = Nicht aufnehmen
live-record-asked = { $name } wird gefragt, ob es aufgenommen werden darf.
live-record-declined = { $name } möchte nicht aufgenommen werden.
live-over = Nicht mehr live
live-over-hint = Die Übertragung wurde beendet. Was jetzt läuft, steht über dem Katalog.
live-failed = Sie kann nicht weiter gezeigt werden: { $why }

# Wie es denen geht, die live zusehen.
truth-soon = Es wird gemessen …
truth-well = Alles in Ordnung.
truth-all-well = { $n ->
    [one] Eine Person sieht live zu, alles in Ordnung
   *[other] { $n } sehen live zu, alles in Ordnung
}
truth-some = { $n } sehen live zu, { $troubled } mit Schwierigkeiten
truth-lost = Die Leitung verlor { $percent } % der Bilder.
truth-slow-line = Die Leitung trägt die höchste Auflösung nicht.
truth-slow-machine = Der Rechner kann die höchste Auflösung nicht dekodieren.
truth-small-share = Der Anteil an der Bandbreite des Raums lässt die höchste Auflösung nicht zu.
truth-lags = Bilder kommen { $ms } ms später als bei den anderen.
truth-lag = Gezeigt nach der Aufnahme, und die Klasse
truth-round-trip = Umlaufzeit
truth-missing = Verloren und ausgelassen
truth-repaired = Repariert, davon aus Parität
truth-waiting = Wartende Bilder
truth-rung = Auflösung
truth-busy = Dekodieren, von einem Prozessor
truth-way = Übertragung
live-end-gone = Die Verbindung zur Klasse ist beendet. Treten Sie wieder bei.
live-error-gone = Es läuft nicht mehr. Wählen Sie etwas anderes über dem Katalog.
live-error-empty = Es hat weder Bilder noch Ton, die hier gezeigt werden könnten.
live-error-thread = Dieser Rechner kann keinen weiteren Thread starten ({ $said }). Schließen Sie andere Programme und öffnen Sie es nochmals.
