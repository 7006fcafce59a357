# Der Raum: Hände, die Tür, Umfragen.

hand-raise = Hand heben
hand-lower = Hand senken
hand-place = Hand gehoben, Nummer { $n }
people-menu = Mehr zu { $name }
people-mute = Stummschalten
people-muted = Stummgeschaltet
people-speaking = Spricht gerade
people-ban = Entfernen und aussperren
room-menu = Der Raum
room-lock = Abschließen: niemand Neues
room-waiting = Wer neu ist, wartet
room-attention = Alle sehen die Bühne
room-poll = Neue Umfrage
room-pardon = { $name } wieder zulassen
door-waiting = { $n ->
    [one] 1 Person wartet
   *[other] { $n } Personen warten
}
door-admit-all = Alle einlassen
door-admit = { $name } einlassen
door-turn-away = { $name } abweisen
door-more = und { $n } weitere
join-at-door = Warten auf Einlass: { $for }
poll-hint = Wählen Sie eine Antwort; sie lässt sich ändern, bis die Umfrage geschlossen ist.
poll-answered = Beantwortet; es lässt sich ändern, bis die Umfrage geschlossen ist.
poll-count = { $answer }: { $n }
poll-open = { $n ->
    [one] Bisher 1 Antwort
   *[other] Bisher { $n } Antworten
}
poll-closed = { $n ->
    [one] Geschlossen mit 1 Antwort
   *[other] Geschlossen mit { $n } Antworten
}
poll-close = Schließen und allen zeigen
poll-put-away = Umfrage weglegen
poll-question = Frage
poll-answer = Antwort { $n }
poll-ask = Fragen
poll-more = Noch eine Antwort
refused-tool = Das ging nicht: { $why }
because-bad-code = ein Zugangscode gilt eine Minute bis 30 Tage und für 1 bis 1000 Personen.
error-wrong-code = Der Zugangscode des Links gilt nicht: Er ist vertippt, abgelaufen, verbraucht oder zurückgezogen. Bitten Sie die Lehrkraft um einen anderen.
people-assistant = Assistenz
people-guest = Gast
room-code = Zugangscodes für Gäste
code-title = Zugangscode für Gäste
code-good = Gilt { $hours } Stunden lang für { $n } Personen. Er wird nur jetzt gezeigt.
code-copy = Link kopieren
code-revoke = Zurückziehen
code-put-away = Weglegen
error-room-closed = { $by } hat den Raum geschlossen.
because-bad-room = ein Raum braucht einen Namen, den kein anderer hat, und ein Passwort.
because-no-such-room = unter diesem Namen wurde kein Raum geöffnet; der erste Raum bleibt.
code-list = Gültige Codes
code-new = Neuer Code
code-none = Es gibt keinen.
code-line = Nr. { $number }: { $used } von { $uses } sind gekommen, gültig bis { $day }
code-revoke-one = Nr. { $number } zurückziehen
