#!/bin/sh
# Prints every order as a FHIR message Bundle, one line a message: key (the case number), a tab, the Bundle.
# Needs Kafka's own tools in the PATH.   sh orders_on_the_console.sh HOST:PORT [PREFIX] [more options of the tool]
bootstrap=${1:?host:port of Kafka}
prefix=${2:-}
[ $# -gt 2 ] && shift 2 || shift $#
exec kafka-console-consumer.sh --bootstrap-server "$bootstrap" --topic "${prefix}fhir.message" --from-beginning \
    --property print.key=true "$@"
