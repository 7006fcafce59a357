# Podcasts.
rail-podcast = Podcast
podcast-channels = { $n ->
    [one] { $n } Kanal
   *[other] { $n } Kanäle
}
podcast-none = Es läuft kein Podcast
podcast-none-student = Wenn Ihre Lehrkraft einen startet, steht er hier, und ein Klick genügt zum Hören.
podcast-none-instructor = Senden Sie Ihr Mikrofon oder eine Audiodatei, und alle können zuhören.
podcast-listen = Anhören
podcast-listen-to = { $name } anhören
podcast-microphone-by = { $name }, vom Mikrofon
podcast-file-by = Eine Datei, gestartet von { $name }
podcast-paused = Von Ihnen angehalten
podcast-pause = Anhalten
podcast-resume = Weiter
podcast-edge = Zu dem, was jetzt zu hören ist
podcast-lag = { $ms } ms nach dem Senden
podcast-own-place = Sie hören von Ihrer eigenen Stelle
podcast-behind = { $time } hinter den anderen
podcast-waits-live = Es geht weiter mit dem, was dann gesagt wird.
podcast-waits-file = Es geht weiter, wo Sie angehalten haben.
podcast-pause-live = Anhalten betrifft nur Ihren Ton. Danach hören Sie, was dann gesagt wird.
podcast-pause-file = Anhalten betrifft nur Ihren Ton. Danach hören Sie die Datei, wo Sie angehalten haben.
podcast-rest = Sie hören den Rest der Datei
podcast-ended = Beendet
podcast-ended-hint = Die Übertragung wurde beendet.
podcast-wave = Wie laut die letzte halbe Minute war
podcast-ago = vor { $s } s
podcast-now = jetzt
podcast-stopped = Ihre Stelle
podcast-own = Ihr Ton
podcast-no-device = Das Gerät des Systems
podcast-distance = Abstand zur Klasse
podcast-way = Kommt über
podcast-concealed = Überbrückt
podcast-packets = { $n ->
    [one] { $n } Paket
   *[other] { $n } Pakete
}
podcast-send = Einen Podcast senden
podcast-send-microphone = Vom Mikrofon
podcast-send-file = Eine Audiodatei…
podcast-send-stop = Podcast beenden
podcast-send-starting = Der Podcast beginnt…
podcast-sends-microphone = Die Klasse hört Ihr Mikrofon
podcast-sends-file = Die Klasse hört { $name }
podcast-microphones = Mikrofon
podcast-level = Pegel: { $db } dB
podcast-pick-file = Die Audiodatei, die die Klasse hört
trim-title = Verzögerung dieses Geräts
trim-of = Verzögerung von { $device } in Millisekunden
trim-hint = Nach rechts ist es später als andere zu hören, nach links früher: für ein Gerät, das von sich aus spät ist.
together-title = Zusammen in einem Raum
together-on = Ein
together-off = Aus
together-hint = Ein: Was live ist, beginnt auf den Rechnern der Lernenden stumm, damit der Raum nicht pfeift. Kopfhörer klingen.
together-muted = Stumm: Sie sind in einem Raum. Kopfhörer?
together-headphones = Ich trage Kopfhörer
together-headphones-on = Sie tragen Kopfhörer und hören deshalb, was live ist.
podcast-end = Ihr Podcast ist zu hören
podcast-end-hint = Wenn Sie gehen, endet er, und niemand hört ihn mehr.
