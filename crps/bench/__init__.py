"""The pipeline's measurement: how many contracts a second, how late, and what each of them costs.

One driver process plays upstream and payer; everything else is the real system. The rules of the
method are those of the quality reference: an arrival schedule fixed in advance, latency from the
scheduled instant, a trimmed window, a validity gate without which no figure counts.
"""
